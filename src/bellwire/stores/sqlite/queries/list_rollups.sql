-- of the step ?1, those that begin at ?2 or later and before ?3, ascending
SELECT begin_ms, webhook_id, figures
FROM rollups
WHERE step = ?1 AND begin_ms >= ?2 AND begin_ms < ?3
ORDER BY begin_ms, webhook_id
