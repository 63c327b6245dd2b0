-- Events that can be read as a list, whoever is told them: until `kept_until` (0: only as long as a hook waits for it).
-- `place` is their number in that list. It is given after the commit, so that no reader has passed where an event will
-- yet appear: `seq` is taken before, and two transactions may commit in the other order.
ALTER TABLE outbox ADD COLUMN
    kept_until INTEGER NOT NULL DEFAULT 0;

ALTER TABLE outbox ADD COLUMN
    organization_id TEXT;

ALTER TABLE outbox ADD COLUMN
    place INTEGER;

CREATE UNIQUE INDEX outbox_place ON outbox (place) WHERE place IS NOT NULL;

CREATE INDEX outbox_without_place ON outbox (seq) WHERE place IS NULL AND kept_until > 0;

CREATE INDEX outbox_kept ON outbox (kept_until);

-- Which face spells for a hook, and what it signs with there, if it signs with a secret.
ALTER TABLE webhooks ADD COLUMN face TEXT NOT NULL DEFAULT 'hanko';

ALTER TABLE webhooks ADD COLUMN sealed_secret TEXT;
