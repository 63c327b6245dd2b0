-- No foreign keys: an entry outlives what it speaks of.
CREATE TABLE audit_entries (
    id TEXT COLLATE "C" PRIMARY KEY,
    type TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    user_id TEXT COLLATE "C",
    session_id TEXT COLLATE "C",
    identity_id TEXT COLLATE "C",
    actor TEXT NOT NULL,
    request_id TEXT,
    detail TEXT NOT NULL
);

CREATE INDEX audit_entries_user ON audit_entries (user_id, id);

CREATE INDEX audit_entries_age ON audit_entries (created_at);
