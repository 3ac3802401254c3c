PRAGMA fullfsync = ON
