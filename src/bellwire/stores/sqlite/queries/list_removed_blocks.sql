-- those whose events were accepted before ?1
SELECT first, keys FROM removed_blocks WHERE accepted_at_ms < ?1 ORDER BY accepted_at_ms LIMIT ?2
