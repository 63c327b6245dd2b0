-- Customers' customers. `metadata` is JSON.
CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    external_id TEXT UNIQUE,
    metadata TEXT NOT NULL,
    admits_outsiders INTEGER NOT NULL CHECK (admits_outsiders IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organization_domains (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    is_verified INTEGER NOT NULL CHECK (is_verified IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, domain)
) STRICT, WITHOUT ROWID;

-- A domain can be known to be one organization's; several may say that it is theirs.
CREATE UNIQUE INDEX organization_domains_holder ON organization_domains (domain) WHERE is_verified;

CREATE INDEX organization_domains_domain ON organization_domains (domain);

-- How an organization's people sign in. Without `provider_client_id` at the environment's registration. `domains` is JSON.
CREATE TABLE organization_connections (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive')),
    tenant TEXT NOT NULL,
    provider_client_id TEXT,
    sealed_secret TEXT,
    cloud TEXT,
    domains TEXT NOT NULL,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_connections_organization ON organization_connections (organization_id, id);

-- Who belongs to which organization. `roles` are slugs, parted by a space, the primary one first.
CREATE TABLE memberships (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'pending')),
    roles TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, organization_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_organization ON memberships (organization_id, id);

CREATE INDEX sessions_organization ON sessions (organization_id) WHERE organization_id IS NOT NULL;
