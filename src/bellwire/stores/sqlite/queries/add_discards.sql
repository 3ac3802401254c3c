-- ?1: JSON, [[latest_ms, discard], …]
INSERT INTO discards (webhook_id, reason, latest_ms, discard)
SELECT value ->> '$[1].webhook_id', value ->> '$[1].reason', value ->> 0, value -> 1 FROM json_each(?1)
