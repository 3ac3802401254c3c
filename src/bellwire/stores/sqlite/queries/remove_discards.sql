-- of events that all stood before the position ?1, at most ?2 of them
DELETE FROM discards WHERE number IN (
    SELECT number FROM discards
    WHERE discard ->> '$.members[#-1][1]' < ?1
    ORDER BY discard ->> '$.members[#-1][1]' LIMIT ?2
)
