-- the one that holds the position ?1, or the last one before it
SELECT first, accepted_at_ms, ends, types, encoded FROM blocks WHERE first <= ?1 ORDER BY first DESC LIMIT 1
