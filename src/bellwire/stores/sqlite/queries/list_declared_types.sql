SELECT event_type FROM declared_types ORDER BY id
