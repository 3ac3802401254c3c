-- ?1: ids of webhooks
SELECT webhook_id, revision FROM carray(?1) CROSS JOIN cursors ON webhook_id = value
