UPDATE log_end SET next_position = ?1, latest_ms = ?2, bytes_logged = ?3
