SELECT number, latest_ms, discard FROM discards WHERE number < ?1 ORDER BY number DESC LIMIT ?2
