-- ?1: JSON, [[step, begin_ms, webhook_id, figures], …]
INSERT INTO rollups (step, begin_ms, webhook_id, figures)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
ON CONFLICT (step, begin_ms, webhook_id) DO UPDATE SET figures = excluded.figures
