-- Customers' customers. `metadata` is JSON.
CREATE TABLE organizations (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    external_id TEXT COLLATE "C" UNIQUE,
    metadata TEXT NOT NULL,
    admits_outsiders BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE organization_domains (
    id TEXT COLLATE "C" PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    domain TEXT COLLATE "C" NOT NULL,
    is_verified BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, domain)
);

-- A domain can be known to be one organization's; several may say that it is theirs.
CREATE UNIQUE INDEX organization_domains_holder ON organization_domains (domain) WHERE is_verified;

CREATE INDEX organization_domains_domain ON organization_domains (domain);

-- How an organization's people sign in. Without `provider_client_id` at the environment's registration. `domains` is JSON.
CREATE TABLE organization_connections (
    id TEXT COLLATE "C" PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive')),
    tenant TEXT NOT NULL,
    provider_client_id TEXT,
    sealed_secret TEXT,
    cloud TEXT,
    domains TEXT NOT NULL,
    external_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, external_id)
);

CREATE INDEX organization_connections_organization ON organization_connections (organization_id, id);

-- Who belongs to which organization. `roles` are slugs, parted by a space, the primary one first.
CREATE TABLE memberships (
    id TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'pending')),
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (user_id, organization_id)
);

CREATE INDEX memberships_organization ON memberships (organization_id, id);

CREATE INDEX sessions_organization ON sessions (organization_id) WHERE organization_id IS NOT NULL;
