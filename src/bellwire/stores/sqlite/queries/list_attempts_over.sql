-- Read by the webhook's index: of one webhook a bounded number of attempts is kept.
SELECT attempt FROM attempts
WHERE webhook_id = ?1 AND attempt ->> '$.first' <= ?2 AND attempt ->> '$.last' >= ?2
ORDER BY number DESC
