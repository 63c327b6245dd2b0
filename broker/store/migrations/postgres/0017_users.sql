-- What applications call a user, and the language that they say the user reads.
ALTER TABLE users ADD COLUMN external_id TEXT;

ALTER TABLE users ADD COLUMN locale TEXT;

CREATE UNIQUE INDEX users_external_id ON users (external_id) WHERE external_id IS NOT NULL;

-- Lists of users by age, from any of them in both directions.
CREATE INDEX users_age ON users (created_at, id);

-- Who is named by an address, proven or not.
CREATE INDEX emails_naming ON emails (address) WHERE is_primary;
