DELETE FROM attempt_tallies WHERE webhook_id IN (SELECT value FROM carray(?1)) AND attempts = 0
