-- The hash of a state whose callback was proven, so that its code is sent to the provider once.
CREATE TABLE consumed_states (
    state_hash TEXT COLLATE "C" PRIMARY KEY,
    consumed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX consumed_states_expiry ON consumed_states (expires_at);

CREATE TABLE one_time_codes (
    code_hash TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    emulator BOOLEAN NOT NULL,
    sign_in_hash TEXT NOT NULL,
    code_challenge TEXT,
    session_id TEXT COLLATE "C" REFERENCES sessions (id) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX one_time_codes_user ON one_time_codes (user_id);

CREATE INDEX one_time_codes_identity ON one_time_codes (identity_id);

CREATE INDEX one_time_codes_session ON one_time_codes (session_id);

CREATE INDEX one_time_codes_expiry ON one_time_codes (expires_at);
