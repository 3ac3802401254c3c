SELECT number, octet_length(attempt) FROM attempts WHERE webhook_id = ?1 ORDER BY number LIMIT ?2
