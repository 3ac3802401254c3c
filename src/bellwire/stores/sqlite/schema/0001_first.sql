-- The first schema. docs/adr/0001-log-row-layout.md says why the event log is kept in blocks.

-- A run of neighbouring events that were accepted at the same millisecond. encoded: their JSON, joined; ends: where each
-- of them ends in it; types: the number of each one's type; both are little-endian 32-bit numbers, one for each event.
-- late_by_ms: how much earlier than an event before it in the log these were accepted, by a clock that stepped back; so
-- accepted_at_ms + late_by_ms never descends, and a time is found by bisection.
CREATE TABLE blocks (
    first INTEGER PRIMARY KEY,
    accepted_at_ms INTEGER NOT NULL,
    late_by_ms INTEGER NOT NULL,
    ends BLOB NOT NULL,
    types BLOB NOT NULL,
    encoded BLOB NOT NULL
) STRICT;
CREATE INDEX late_blocks ON blocks (first) WHERE late_by_ms > 0;

-- Where the log goes on; kept, so that no position is used twice though all events were removed.
CREATE TABLE log_end (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    next_position INTEGER NOT NULL,
    latest_ms INTEGER NOT NULL
) STRICT;
INSERT INTO log_end VALUES (1, 1, 0);

-- key: see event_key.py.
CREATE TABLE event_ids (
    key BLOB NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every type that was ever logged. total: how many of its events, those that were removed included.
CREATE TABLE logged_types (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    last_position INTEGER NOT NULL,
    total INTEGER NOT NULL
) STRICT;

-- The blocks that hold a type. total_before: how many of its events were logged before this block.
CREATE TABLE type_blocks (
    type INTEGER NOT NULL,
    first INTEGER NOT NULL,
    total_before INTEGER NOT NULL,
    PRIMARY KEY (type, first)
) STRICT, WITHOUT ROWID;

-- From here on the last column is the JSON of the struct; the others are what it is found by.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    webhook TEXT NOT NULL
) STRICT;

CREATE TABLE declared_types (
    id TEXT NOT NULL PRIMARY KEY,
    event_type TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE cursors (
    webhook_id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    cursor TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    attempt TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_id ON attempts (id);
CREATE INDEX attempts_by_webhook ON attempts (webhook_id, number);

CREATE TABLE discards (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    discard TEXT NOT NULL
) STRICT;
CREATE INDEX discards_by_webhook ON discards (webhook_id, number);

-- "BELL"
PRAGMA application_id = 1111837772;
PRAGMA user_version = 1;
