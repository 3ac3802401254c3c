-- with numbers below ?1; each of ?2 to ?6 may be NULL for any
SELECT number, entry FROM audit_entries
WHERE
    number < ?1
    AND (?2 IS NULL OR by_whom = ?2)
    AND (?3 IS NULL OR action = ?3)
    AND (?4 IS NULL OR object_id = ?4)
    AND (?5 IS NULL OR at_ms >= ?5)
    AND (?6 IS NULL OR at_ms < ?6)
ORDER BY number DESC LIMIT ?7
