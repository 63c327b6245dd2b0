-- How an application knows a person by one connection: an id for each identity and connection, made when it first asks.
CREATE TABLE connection_profiles (
    id TEXT COLLATE "C" PRIMARY KEY,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    connection_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    UNIQUE (identity_id, connection_id)
);
