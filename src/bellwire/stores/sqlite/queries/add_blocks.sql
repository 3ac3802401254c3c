INSERT INTO blocks (first, accepted_at_ms, late_by_ms, ends, types, encoded) VALUES (?, ?, ?, ?, ?, ?)
