-- What was changed of webhooks and event types.

-- subject: the id of the webhook or event type. place: among all changes of the subject, from 1. position: the first
-- place in the log that the change decides on.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    place INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    change TEXT NOT NULL
) STRICT;
CREATE INDEX changes_by_subject ON changes (subject, number);
CREATE INDEX changes_by_time ON changes (at_ms, position);

-- latest_ms: the latest time of all discards up to this one; it never descends, whatever the clock did.
ALTER TABLE discards ADD COLUMN latest_ms INTEGER NOT NULL DEFAULT 0;
UPDATE discards SET latest_ms = up_to.latest_ms
FROM (SELECT number, max(discard ->> 'at_ms') OVER (ORDER BY number) AS latest_ms FROM discards) AS up_to
WHERE up_to.number = discards.number;

PRAGMA user_version = 5;
