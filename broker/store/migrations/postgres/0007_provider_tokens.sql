-- What a provider handed out besides the proof: sealed, one row an identity, gone with it. `lease` is held by the one who
-- is asking for fresh ones; `generation` grows with each answer, so that nobody asks again after somebody else did.
CREATE TABLE provider_tokens (
    identity_id TEXT COLLATE "C" PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    sealed TEXT NOT NULL,
    renewable BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    access_expires_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    failure TEXT,
    retry_at BIGINT NOT NULL,
    lease TEXT,
    lease_until BIGINT NOT NULL,
    generation BIGINT NOT NULL
);

CREATE INDEX provider_tokens_due ON provider_tokens (provider, checked_at);
