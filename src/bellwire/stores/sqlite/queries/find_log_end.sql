SELECT next_position, latest_ms, bytes_logged FROM log_end
