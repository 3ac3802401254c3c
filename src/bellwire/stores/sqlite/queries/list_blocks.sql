-- ?1 ≤ position < ?2; the first one may begin before ?1
SELECT first, accepted_at_ms, ends, types, encoded FROM blocks
WHERE first >= ifnull((SELECT max(first) FROM blocks WHERE first <= ?1), ?1) AND first < ?2
ORDER BY first
