-- in bytes: what a WAL that grew beside a long read is cut back to
PRAGMA journal_size_limit = 67108864
