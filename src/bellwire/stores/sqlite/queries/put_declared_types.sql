-- ?1: JSON of event types
INSERT OR REPLACE INTO declared_types (id, event_type) SELECT value ->> 'id', value FROM carray(?1)
