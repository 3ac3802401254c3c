-- that are older than ?1, or have ?2 newer ones; ?3 of them at most
DELETE FROM audit_entries WHERE number IN (
    SELECT number FROM audit_entries
    WHERE
        at_ms < ?1
        OR number <= (SELECT number FROM audit_entries ORDER BY number DESC LIMIT 1 OFFSET ?2)
    ORDER BY number LIMIT ?3
)
