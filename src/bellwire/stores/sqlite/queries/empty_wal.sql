-- into the file, all of it; the WAL then has no bytes
PRAGMA wal_checkpoint(TRUNCATE)
