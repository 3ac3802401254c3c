SELECT number, latest_ms, discard FROM discards WHERE webhook_id = ?3 AND number < ?1 ORDER BY number DESC LIMIT ?2
