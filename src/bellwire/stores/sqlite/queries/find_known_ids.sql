-- ?1: keys
SELECT key, position FROM carray(?1) CROSS JOIN event_ids ON key = value
