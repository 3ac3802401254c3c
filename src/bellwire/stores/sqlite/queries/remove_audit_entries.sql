-- that are older than ?1, or have ?2 newer ones; of the ?3 oldest, so that little is looked at where none is to go
DELETE FROM audit_entries WHERE number IN (
    SELECT number FROM (SELECT number, at_ms FROM audit_entries ORDER BY number LIMIT ?3)
    WHERE at_ms < ?1 OR number <= (SELECT max(number) FROM audit_entries) - ?2
)
