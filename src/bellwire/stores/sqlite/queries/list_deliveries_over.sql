-- ?1: ids of webhooks, of each of which a bounded number of attempts is kept; read by their index
SELECT attempt FROM carray(?1) AS named CROSS JOIN attempts ON attempts.webhook_id = named.value
WHERE attempt ->> '$.outcome.type' = 'delivered' AND attempt ->> '$.first' <= ?2 AND attempt ->> '$.last' >= ?2
ORDER BY number DESC
