-- the one that held the position ?1, or the last one before it
SELECT first, digests FROM removed_blocks WHERE first <= ?1 ORDER BY first DESC LIMIT 1
