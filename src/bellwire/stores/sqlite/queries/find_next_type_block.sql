-- ?1: numbers of types
SELECT min((SELECT first FROM type_blocks WHERE type = value AND first >= ?2 ORDER BY first LIMIT 1)) FROM carray(?1)
