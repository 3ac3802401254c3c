INSERT INTO audit_entries (at_ms, by_whom, action, object_id, entry) VALUES (?1, ?2, ?3, ?4, ?5)
