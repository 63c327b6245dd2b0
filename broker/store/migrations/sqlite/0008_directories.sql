-- Which directory a configured domain stood for when somebody of it first proved who they are. `changed_guid`: the one
-- that the provider names since; it counts only once the operator has accepted it.
CREATE TABLE provider_directories (
    provider TEXT NOT NULL,
    cloud TEXT NOT NULL,
    domain TEXT NOT NULL,
    guid TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    changed_guid TEXT,
    changed_at INTEGER,
    PRIMARY KEY (provider, cloud, domain)
) STRICT, WITHOUT ROWID;
