-- Who may come in, and what they did. The last column of each is the JSON of the struct.

-- A token of the first schema is an administrator's.
ALTER TABLE tokens RENAME TO first_tokens;
CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL
) STRICT;
INSERT INTO tokens
SELECT
    name,
    json_object('name', name, 'hash', hash, 'scopes', json_array('admin'), 'created_at_ms', unixepoch() * 1000)
FROM first_tokens;
DROP TABLE first_tokens;

CREATE TABLE people (
    name TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    session TEXT NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    action TEXT NOT NULL,
    object_id TEXT NOT NULL,
    entry TEXT NOT NULL
) STRICT;

PRAGMA user_version = 7;
