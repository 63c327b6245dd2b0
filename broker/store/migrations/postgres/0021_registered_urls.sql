-- URLs and origins that programs registered for their application, beside those of the configuration.
CREATE TABLE registered_urls (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('redirect', 'origin')),
    url TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (client_id, kind, url)
);
