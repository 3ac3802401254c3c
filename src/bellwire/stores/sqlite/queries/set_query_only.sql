-- so that nothing but the writer can change the file
PRAGMA query_only = ON
