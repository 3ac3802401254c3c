-- ?1: numbers of types
DELETE FROM type_blocks WHERE type IN (SELECT value FROM carray(?1)) AND first < ?2
