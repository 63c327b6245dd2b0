-- What a key opens, parted by spaces; without a value everything, as keys did before there were scopes.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;

-- What applications keep about a user, as JSON objects: who may read and write which is the API's business.
CREATE TABLE user_metadata (
    user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    public TEXT,
    private TEXT,
    unsafe TEXT
);
