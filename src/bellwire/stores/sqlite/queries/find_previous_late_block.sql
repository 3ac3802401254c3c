SELECT first FROM blocks INDEXED BY late_blocks WHERE late_by_ms > 0 AND first < ?1 ORDER BY first DESC LIMIT 1
