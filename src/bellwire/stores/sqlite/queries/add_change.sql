INSERT INTO changes (subject, place, position, at_ms, change) VALUES (
    ?1,
    1 + ifnull((SELECT place FROM changes WHERE subject = ?1 ORDER BY number DESC LIMIT 1), 0),
    ?2,
    ?3,
    ?4
)
