-- Attempts that failed are found without a look at the others.

-- Worked out of the JSON, and kept in the indexes only, so that a delivery writes no more than before.
ALTER TABLE attempts ADD COLUMN failed INTEGER AS (attempt ->> '$.outcome.type' <> 'delivered') VIRTUAL;
CREATE INDEX failed_attempts ON attempts (number) WHERE failed;
CREATE INDEX failed_attempts_by_webhook ON attempts (webhook_id, number) WHERE failed;

PRAGMA user_version = 9;
