-- How an application knows a person by one connection: an id for each identity and connection, made when it first asks.
CREATE TABLE connection_profiles (
    id TEXT PRIMARY KEY,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL,
    organization_id TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (identity_id, connection_id)
) STRICT;
