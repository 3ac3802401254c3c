-- ?1: JSON, [[webhook_id, attempts, bytes], …]; what was removed is negative
INSERT INTO attempt_tallies (webhook_id, attempts, bytes)
SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
ON CONFLICT (webhook_id) DO UPDATE SET attempts = attempts + excluded.attempts, bytes = bytes + excluded.bytes
