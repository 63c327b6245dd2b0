CREATE TABLE users (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT,
    given_name TEXT,
    family_name TEXT,
    picture TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    locked_at BIGINT
);

CREATE TABLE emails (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    verified_by TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (user_id, address)
);

-- An address that something speaks for belongs to one user; unproven ones are only displayed and may repeat.
CREATE UNIQUE INDEX emails_holder ON emails (address) WHERE verified_by IS NOT NULL;

CREATE UNIQUE INDEX emails_primary ON emails (user_id) WHERE is_primary;

CREATE TABLE identities (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    subject TEXT NOT NULL,
    provider_client_id TEXT NOT NULL,
    tenant TEXT,
    address TEXT,
    emulator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT NOT NULL,
    UNIQUE (provider, subject_key)
);

CREATE INDEX identities_user ON identities (user_id);
