-- A session's refresh tokens are a family, and end with it. `sealed_key` derives from each of them its successor; whoever
-- is `confidential` renews with the application's secret only.
CREATE TABLE refresh_families (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    confidential INTEGER NOT NULL CHECK (confidential IN (0, 1)),
    sealed_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Those that were used stay for as long as their session: one that comes back was copied. `rotated_by` is the hash of
-- the name that the request had, under which it may be repeated.
CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES refresh_families (session_id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER,
    rotated_by TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE INDEX refresh_tokens_rotated ON refresh_tokens (rotated_at);

-- What an application was answered for a one-time code, sealed: for the tries of a request whose answer got lost.
CREATE TABLE remembered_answers (
    request_hash TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX remembered_answers_expiry ON remembered_answers (expires_at);
