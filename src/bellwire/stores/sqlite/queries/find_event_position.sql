SELECT position FROM event_ids WHERE key = ?1
