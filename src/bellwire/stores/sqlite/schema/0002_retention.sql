-- What retention needs to know. docs/adr/0002-room.md says why.

-- bytes_before: of all events that were ever logged before this block, as they are encoded. It stands before the blobs,
-- so that it is read without them; a column can only be added behind them, so the table is made anew.
CREATE TABLE sized_blocks (
    first INTEGER PRIMARY KEY,
    accepted_at_ms INTEGER NOT NULL,
    late_by_ms INTEGER NOT NULL,
    bytes_before INTEGER NOT NULL,
    ends BLOB NOT NULL,
    types BLOB NOT NULL,
    encoded BLOB NOT NULL
) STRICT;
INSERT INTO sized_blocks
SELECT
    first,
    accepted_at_ms,
    late_by_ms,
    sum(octet_length(encoded)) OVER (ORDER BY first) - octet_length(encoded),
    ends,
    types,
    encoded
FROM blocks
ORDER BY first;
DROP TABLE blocks;
ALTER TABLE sized_blocks RENAME TO blocks;
CREATE INDEX late_blocks ON blocks (first) WHERE late_by_ms > 0;

-- bytes_logged: of all events that were ever logged.
ALTER TABLE log_end ADD COLUMN bytes_logged INTEGER NOT NULL DEFAULT 0;
UPDATE log_end SET bytes_logged = (SELECT ifnull(sum(octet_length(encoded)), 0) FROM blocks);

-- What is left of a block that was removed while its ids must stay known. digests: of each event's type and data, see
-- repeating.py, joined; keys: see event_key.py, as a MessagePack array.
CREATE TABLE removed_blocks (
    first INTEGER PRIMARY KEY,
    accepted_at_ms INTEGER NOT NULL,
    digests BLOB NOT NULL,
    keys BLOB NOT NULL
) STRICT;
CREATE INDEX removed_blocks_by_time ON removed_blocks (accepted_at_ms);

-- How many attempts of a webhook are kept, and their bytes as they are encoded.
CREATE TABLE attempt_tallies (
    webhook_id TEXT NOT NULL PRIMARY KEY,
    attempts INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO attempt_tallies
SELECT webhook_id, count(*), sum(octet_length(attempt)) FROM attempts GROUP BY webhook_id;

-- The last position that a discard names.
CREATE INDEX discards_by_last ON discards (discard ->> '$.members[#-1][1]');

PRAGMA user_version = 2;
