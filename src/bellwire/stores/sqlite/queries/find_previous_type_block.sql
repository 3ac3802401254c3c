-- ?1: numbers of types
SELECT max((SELECT first FROM type_blocks WHERE type = value AND first < ?2 ORDER BY first DESC LIMIT 1)) FROM carray(?1)
