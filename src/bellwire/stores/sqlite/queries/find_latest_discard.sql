SELECT latest_ms FROM discards ORDER BY number DESC LIMIT 1
