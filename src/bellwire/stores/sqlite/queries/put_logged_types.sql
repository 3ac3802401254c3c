-- ?1: JSON, [[number, name, last_position, total], …]
INSERT INTO logged_types (number, name, last_position, total)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
ON CONFLICT (number) DO UPDATE SET last_position = excluded.last_position, total = excluded.total
