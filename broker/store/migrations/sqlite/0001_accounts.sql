CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT,
    given_name TEXT,
    family_name TEXT,
    picture TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    locked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE emails (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    is_primary INTEGER NOT NULL CHECK (is_primary IN (0, 1)),
    is_verified INTEGER NOT NULL CHECK (is_verified IN (0, 1)),
    verified_by TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, address)
) STRICT, WITHOUT ROWID;

-- An address that something speaks for belongs to one user; unproven ones are only displayed and may repeat.
CREATE UNIQUE INDEX emails_holder ON emails (address) WHERE verified_by IS NOT NULL;

CREATE UNIQUE INDEX emails_primary ON emails (user_id) WHERE is_primary;

CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    subject TEXT NOT NULL,
    provider_client_id TEXT NOT NULL,
    tenant TEXT,
    address TEXT,
    emulator INTEGER NOT NULL CHECK (emulator IN (0, 1)),
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER NOT NULL,
    UNIQUE (provider, subject_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_user ON identities (user_id);
