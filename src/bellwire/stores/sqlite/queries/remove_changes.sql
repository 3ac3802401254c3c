-- made before ?1 that decide on no event at or behind the position ?2, at most ?3 of them
DELETE FROM changes WHERE number IN (
    SELECT number FROM changes WHERE at_ms < ?1 AND position <= ?2 ORDER BY at_ms LIMIT ?3
)
