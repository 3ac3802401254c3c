-- ?1: JSON of cursors
INSERT INTO cursors (webhook_id, revision, cursor)
SELECT value ->> 'webhook_id', value ->> 'revision', value FROM carray(?1) WHERE true
ON CONFLICT (webhook_id) DO UPDATE SET revision = excluded.revision, cursor = excluded.cursor
