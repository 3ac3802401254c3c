-- of the step ?1, the first that begin before ?2, at most ?3 of them
DELETE FROM rollups WHERE (step, begin_ms, webhook_id) IN (
    SELECT step, begin_ms, webhook_id FROM rollups
    WHERE step = ?1 AND begin_ms < ?2
    ORDER BY begin_ms
    LIMIT ?3
)
