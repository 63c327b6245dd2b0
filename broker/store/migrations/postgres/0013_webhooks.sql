-- Who is told of what, by the admin API; hooks of the configuration have no row. `events` is JSON.
CREATE TABLE webhooks (
    id TEXT COLLATE "C" PRIMARY KEY,
    callback TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    failures BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What happened, for those who are told: written in the transaction of the change. `seq` grows in the order of commits
-- for each user; `name` is what the face of the hook calls it, `content` (JSON) is nobody's spelling.
CREATE TABLE outbox (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    face TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    content TEXT NOT NULL
);

-- Held by whoever writes to the outbox about a user, until they commit: so the order of `seq` is that of the commits.
CREATE TABLE outbox_turns (
    user_id TEXT COLLATE "C" PRIMARY KEY,
    taken_at BIGINT NOT NULL
);

-- One row an event and hook. `lease` is held by the server that is asking; no foreign key to a hook, which may be one
-- of the configuration.
CREATE TABLE deliveries (
    seq BIGINT NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    hook_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease TEXT,
    lease_until BIGINT NOT NULL,
    status BIGINT,
    failure TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (hook_id, seq)
);

CREATE INDEX deliveries_waiting ON deliveries (hook_id, user_id, seq) WHERE state = 'waiting';

CREATE INDEX deliveries_due ON deliveries (hook_id, next_at) WHERE state = 'waiting';

CREATE INDEX deliveries_event ON deliveries (seq);

CREATE INDEX deliveries_done ON deliveries (state, updated_at);
