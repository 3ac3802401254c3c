-- ?3: a reason, or NULL for all
SELECT number, discard FROM discards WHERE number < ?1 AND (?3 IS NULL OR reason = ?3) ORDER BY number DESC LIMIT ?2
