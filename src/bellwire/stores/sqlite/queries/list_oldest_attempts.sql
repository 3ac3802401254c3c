SELECT number, webhook_id, octet_length(attempt), attempt ->> 'at_ms' FROM attempts ORDER BY number LIMIT ?1
