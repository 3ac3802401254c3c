-- Upstream servers that post their events here. source: the JSON of the struct.
CREATE TABLE sources (
    name TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL
) STRICT;

PRAGMA user_version = 3;
