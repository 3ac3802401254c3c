-- ?1: keys of cursors
SELECT key, revision FROM carray(?1) CROSS JOIN cursors ON key = value
