-- Those whose first and last member enclose the position; a discard may have gaps.
SELECT discard FROM discards
WHERE webhook_id = ?1 AND discard ->> '$.members[0][0]' <= ?2 AND discard ->> '$.members[#-1][1]' >= ?2
ORDER BY number DESC
