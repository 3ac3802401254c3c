INSERT OR REPLACE INTO removed_blocks (first, accepted_at_ms, digests, keys) VALUES (?, ?, ?, ?)
