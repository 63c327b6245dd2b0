CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    public_jwk TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX signing_keys_one_of_a_kind ON signing_keys (state) WHERE state IN ('next', 'current');

-- One row, which every rotation updates first: rotations follow one another.
CREATE TABLE key_lock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    rotations INTEGER NOT NULL
) STRICT;

INSERT INTO key_lock (id, rotations) VALUES (1, 0);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    key_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
