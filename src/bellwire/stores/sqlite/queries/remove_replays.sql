-- ?1: ids
DELETE FROM replays WHERE id IN (SELECT value FROM carray(?1))
