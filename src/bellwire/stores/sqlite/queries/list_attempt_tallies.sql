SELECT webhook_id, attempts, bytes FROM attempt_tallies
