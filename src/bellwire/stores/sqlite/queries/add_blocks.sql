INSERT INTO blocks (first, accepted_at_ms, late_by_ms, bytes_before, ends, types, encoded) VALUES (?, ?, ?, ?, ?, ?, ?)
