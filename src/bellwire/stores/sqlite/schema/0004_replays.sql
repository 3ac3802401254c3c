-- Replays: docs/architecture.md says what they are.

-- key: of the webhook or of the replay that the cursor belongs to.
ALTER TABLE cursors RENAME COLUMN webhook_id TO key;

CREATE TABLE replays (
    id TEXT NOT NULL PRIMARY KEY,
    replay TEXT NOT NULL
) STRICT;

PRAGMA user_version = 4;
