-- ?1: JSON of discards
INSERT INTO discards (webhook_id, reason, discard)
SELECT value ->> 'webhook_id', value ->> 'reason', value FROM carray(?1) ORDER BY rowid
