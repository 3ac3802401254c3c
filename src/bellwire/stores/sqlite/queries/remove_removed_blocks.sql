-- ?1: first positions
DELETE FROM removed_blocks WHERE first IN (SELECT value FROM carray(?1))
