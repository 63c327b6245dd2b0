-- Identities that were proven for somebody signed in, who has yet to say, in that session, that they are to be added. As JSON.
CREATE TABLE pending_identities (
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redeemer TEXT,
    code_challenge TEXT,
    identity TEXT NOT NULL,
    failures INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_identities_user ON pending_identities (user_id);

CREATE INDEX pending_identities_expiry ON pending_identities (expires_at);
