-- of the block that holds the position ?1, or the last one before it, else the first one
SELECT first, bytes_before, ends FROM blocks
WHERE first >= ifnull((SELECT max(first) FROM blocks WHERE first <= ?1), ?1)
ORDER BY first LIMIT 1
