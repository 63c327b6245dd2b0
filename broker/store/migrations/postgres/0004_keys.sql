CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    public_jwk TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT
);

CREATE UNIQUE INDEX signing_keys_one_of_a_kind ON signing_keys (state) WHERE state IN ('next', 'current');

-- One row, which every rotation updates first: rotations follow one another.
CREATE TABLE key_lock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    rotations BIGINT NOT NULL
);

INSERT INTO key_lock (id, rotations) VALUES (1, 0);

CREATE TABLE api_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    key_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
