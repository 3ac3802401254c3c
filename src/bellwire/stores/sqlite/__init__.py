"""One SQLite file: WAL, synchronous=FULL, one writer with group commit, readers beside it."""
