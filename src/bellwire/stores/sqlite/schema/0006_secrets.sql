-- Secrets of webhooks are sealed from here on; docs/adr/0003-secrets-at-rest.md says how.

-- A row: free pages and free parts of pages may still hold secrets that were stored in clear; see wiping.py.
CREATE TABLE leavings (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1)
) STRICT;
INSERT INTO leavings SELECT 1 WHERE EXISTS (SELECT 1 FROM webhooks) OR EXISTS (SELECT 1 FROM sources);

PRAGMA user_version = 6;
