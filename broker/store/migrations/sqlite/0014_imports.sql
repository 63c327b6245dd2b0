-- Identities of another product, which knows a person by subject alone. The first sign-in that fits all four of provider,
-- issuer, subject and client id makes it one of ours.
CREATE TABLE imported_identities (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    provider_client_id TEXT NOT NULL,
    address TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (provider, subject, issuer, provider_client_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_identities_user ON imported_identities (user_id);
