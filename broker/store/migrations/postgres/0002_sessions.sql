CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT COLLATE "C" REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    emulator BOOLEAN NOT NULL,
    sign_in_hash TEXT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT,
    ip_address TEXT
);

CREATE INDEX sessions_user ON sessions (user_id, created_at);

CREATE INDEX sessions_identity ON sessions (identity_id);

CREATE INDEX sessions_expiry ON sessions (expires_at);
