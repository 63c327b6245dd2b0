-- Identities of another product, which knows a person by subject alone. The first sign-in that fits all four of provider,
-- issuer, subject and client id makes it one of ours.
CREATE TABLE imported_identities (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    provider_client_id TEXT COLLATE "C" NOT NULL,
    address TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (provider, subject, issuer, provider_client_id)
);

CREATE INDEX imported_identities_user ON imported_identities (user_id);
