-- Those whose first and last member enclose the position ?2; a discard may have gaps. ?1: ids of webhooks
SELECT discard FROM carray(?1) AS named CROSS JOIN discards ON discards.webhook_id = named.value
WHERE discard ->> '$.members[0][0]' <= ?2 AND discard ->> '$.members[#-1][1]' >= ?2
ORDER BY number DESC
