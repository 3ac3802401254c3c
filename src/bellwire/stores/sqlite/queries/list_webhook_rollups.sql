-- of the webhook ?1 and the step ?2, those that begin at one of the times ?3 (carray), ascending
SELECT rollups.begin_ms, rollups.webhook_id, rollups.figures
FROM carray(?3) AS begins
CROSS JOIN rollups ON rollups.step = ?2 AND rollups.begin_ms = begins.value AND rollups.webhook_id = ?1
ORDER BY begins.rowid
