SELECT number, name, last_position, total FROM logged_types
