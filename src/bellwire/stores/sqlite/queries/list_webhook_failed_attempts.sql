SELECT attempt FROM attempts WHERE failed AND webhook_id = ?3 AND number < ?1 ORDER BY number DESC LIMIT ?2
