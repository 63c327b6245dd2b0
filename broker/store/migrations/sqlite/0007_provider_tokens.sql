-- What a provider handed out besides the proof: sealed, one row an identity, gone with it. `lease` is held by the one who
-- is asking for fresh ones; `generation` grows with each answer, so that nobody asks again after somebody else did.
CREATE TABLE provider_tokens (
    identity_id TEXT PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    sealed TEXT NOT NULL,
    renewable INTEGER NOT NULL CHECK (renewable IN (0, 1)),
    scopes TEXT NOT NULL,
    access_expires_at INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    failure TEXT,
    retry_at INTEGER NOT NULL,
    lease TEXT,
    lease_until INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_tokens_due ON provider_tokens (provider, checked_at);
