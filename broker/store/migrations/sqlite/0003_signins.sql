-- The hash of a state whose callback was proven, so that its code is sent to the provider once.
CREATE TABLE consumed_states (
    state_hash TEXT PRIMARY KEY,
    consumed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX consumed_states_expiry ON consumed_states (expires_at);

CREATE TABLE one_time_codes (
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    emulator INTEGER NOT NULL CHECK (emulator IN (0, 1)),
    sign_in_hash TEXT NOT NULL,
    code_challenge TEXT,
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_codes_user ON one_time_codes (user_id);

CREATE INDEX one_time_codes_identity ON one_time_codes (identity_id);

CREATE INDEX one_time_codes_session ON one_time_codes (session_id);

CREATE INDEX one_time_codes_expiry ON one_time_codes (expires_at);
