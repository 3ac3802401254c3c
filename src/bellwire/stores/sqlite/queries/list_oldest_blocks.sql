SELECT first, octet_length(types) / 4, accepted_at_ms, bytes_before FROM blocks ORDER BY first LIMIT ?1
