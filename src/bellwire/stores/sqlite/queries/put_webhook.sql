INSERT INTO webhooks (id, revision, webhook) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, webhook = excluded.webhook
