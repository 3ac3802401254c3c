-- ?1: JSON, [[type, first, total_before], …]
INSERT INTO type_blocks (type, first, total_before)
SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)
