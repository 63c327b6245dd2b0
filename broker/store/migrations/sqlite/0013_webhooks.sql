-- Who is told of what, by the admin API; hooks of the configuration have no row. `events` is JSON.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    callback TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    failures INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, for those who are told: written in the transaction of the change. `seq` grows in the order of commits
-- for each user; `name` is what the face of the hook calls it, `content` (JSON) is nobody's spelling.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    face TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;

-- Held by whoever writes to the outbox about a user, until they commit: so the order of `seq` is that of the commits.
CREATE TABLE outbox_turns (
    user_id TEXT PRIMARY KEY,
    taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row an event and hook. `lease` is held by the server that is asking; no foreign key to a hook, which may be one
-- of the configuration.
CREATE TABLE deliveries (
    seq INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    hook_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease TEXT,
    lease_until INTEGER NOT NULL,
    status INTEGER,
    failure TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (hook_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_waiting ON deliveries (hook_id, user_id, seq) WHERE state = 'waiting';

CREATE INDEX deliveries_due ON deliveries (hook_id, next_at) WHERE state = 'waiting';

CREATE INDEX deliveries_event ON deliveries (seq);

CREATE INDEX deliveries_done ON deliveries (state, updated_at);
