-- in KiB: what is read once, as whole tables at a start, need not be kept
PRAGMA cache_size = -4096
