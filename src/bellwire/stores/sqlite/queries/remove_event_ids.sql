-- ?1: keys; one that was taken over by an event at ?2 or later stays
DELETE FROM event_ids WHERE key IN (SELECT value FROM carray(?1)) AND position < ?2
