-- URLs and origins that programs registered for their application, beside those of the configuration.
CREATE TABLE registered_urls (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('redirect', 'origin')),
    url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (client_id, kind, url)
) STRICT, WITHOUT ROWID;
