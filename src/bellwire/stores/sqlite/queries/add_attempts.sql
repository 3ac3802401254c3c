-- ?1: JSON of attempts
INSERT INTO attempts (id, webhook_id, attempt)
SELECT value ->> 'id', value ->> 'webhook_id', value FROM carray(?1) ORDER BY rowid
