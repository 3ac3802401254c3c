-- ?1: numbers
DELETE FROM attempts WHERE number IN (SELECT value FROM carray(?1))
