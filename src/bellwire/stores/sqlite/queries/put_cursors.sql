-- ?1: JSON of cursors
INSERT INTO cursors (key, revision, cursor)
SELECT ifnull(value ->> 'replay_id', value ->> 'webhook_id'), value ->> 'revision', value FROM carray(?1) WHERE true
ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, cursor = excluded.cursor
