-- ?1: keys; ?2: the position of the first. An id that outlived its event is taken over.
INSERT OR REPLACE INTO event_ids (key, position)
SELECT value, ?2 + rowid - 1 FROM carray(?1)
