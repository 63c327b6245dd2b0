-- Which directory a configured domain stood for when somebody of it first proved who they are. `changed_guid`: the one
-- that the provider names since; it counts only once the operator has accepted it.
CREATE TABLE provider_directories (
    provider TEXT COLLATE "C" NOT NULL,
    cloud TEXT COLLATE "C" NOT NULL,
    domain TEXT COLLATE "C" NOT NULL,
    guid TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    changed_guid TEXT,
    changed_at BIGINT,
    PRIMARY KEY (provider, cloud, domain)
);
