-- ?3: a reason, or NULL for all
SELECT number, discard FROM discards
WHERE webhook_id = ?4 AND number < ?1 AND (?3 IS NULL OR reason = ?3) ORDER BY number DESC LIMIT ?2
