-- counts for a new file only: its pages can be given back to the file system
PRAGMA auto_vacuum = INCREMENTAL
