-- Figures of webhooks over time.

-- step: its length in milliseconds. webhook_id: empty for those of all webhooks. figures: JSON of the struct, an array
-- without the zeros at its end. In the order of time, so that new rows come at the end and old ones go from the begin.
CREATE TABLE rollups (
    step INTEGER NOT NULL,
    begin_ms INTEGER NOT NULL,
    webhook_id TEXT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (step, begin_ms, webhook_id)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 8;
