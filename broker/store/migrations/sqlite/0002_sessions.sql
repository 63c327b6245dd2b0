CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    emulator INTEGER NOT NULL CHECK (emulator IN (0, 1)),
    sign_in_hash TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT,
    ip_address TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user ON sessions (user_id, created_at);

CREATE INDEX sessions_identity ON sessions (identity_id);

CREATE INDEX sessions_expiry ON sessions (expires_at);
