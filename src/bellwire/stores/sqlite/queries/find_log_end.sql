SELECT next_position, latest_ms FROM log_end
