-- No foreign keys: an entry outlives what it speaks of.
CREATE TABLE audit_entries (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    user_id TEXT,
    session_id TEXT,
    identity_id TEXT,
    actor TEXT NOT NULL,
    request_id TEXT,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_entries_user ON audit_entries (user_id, id);

CREATE INDEX audit_entries_age ON audit_entries (created_at);
