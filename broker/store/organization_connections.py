"""Rows of organizations' own connections. Their secrets are sealed; what they ask, and as whom, never changes."""

import json

from broker.models.lists import Part, Seek
from broker.models.organizations import ConnectionFilter, OrganizationConnection
from broker.store.base import Connection, Row
from broker.store.seek import Conditions, seek
from broker.store.user_pages import literal

_COLUMNS = (
    "id, organization_id, name, kind, state, tenant, provider_client_id, sealed_secret, cloud, domains, external_id,"
    " created_at, updated_at"
)


async def insert_connection(c: Connection, connection: OrganizationConnection) -> None:
    """Add a connection. Raises `NotUnique`: the organization has one that is called so by another program."""
    await c.execute(
        "INSERT INTO organization_connections (id, organization_id, name, kind, state, tenant, provider_client_id,"
        " sealed_secret, cloud, domains, external_id, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        connection.id,
        connection.organization_id,
        connection.name,
        connection.kind,
        connection.state,
        connection.tenant,
        connection.provider_client_id,
        connection.sealed_secret,
        connection.cloud,
        json.dumps(list(connection.domains)),
        connection.external_id,
        connection.created_at,
        connection.updated_at,
    )


async def connection(c: Connection, connection_id: str) -> OrganizationConnection | None:
    """The connection with this id."""
    row = await c.fetch_one(f"SELECT {_COLUMNS} FROM organization_connections WHERE id = $1", connection_id)  # noqa: S608
    return None if row is None else _connection(row)


async def connections_of(c: Connection, organization_id: str) -> list[OrganizationConnection]:
    """All of an organization's, oldest first."""
    rows = await c.fetch_all(
        f"SELECT {_COLUMNS} FROM organization_connections WHERE organization_id = $1 ORDER BY id",  # noqa: S608
        organization_id,
    )
    return [_connection(row) for row in rows]


async def put_connection(c: Connection, changed: OrganizationConnection) -> bool:
    """Name, state, secret and domains as they are here; false when the connection is gone."""
    changed_rows = await c.execute(
        "UPDATE organization_connections SET name = $2, state = $3, sealed_secret = $4, domains = $5, updated_at = $6"
        " WHERE id = $1",
        changed.id,
        changed.name,
        changed.state,
        changed.sealed_secret,
        json.dumps(list(changed.domains)),
        changed.updated_at,
    )
    return changed_rows == 1


async def reseal(c: Connection, connection_id: str, *, old: str, new: str) -> None:
    """Another seal around the same secret, unless somebody changed it meanwhile."""
    await c.execute(
        "UPDATE organization_connections SET sealed_secret = $3 WHERE id = $1 AND sealed_secret = $2",
        connection_id,
        old,
        new,
    )


async def seals(c: Connection) -> list[tuple[str, str]]:
    """Id and sealed secret of one connection for each of our secrets that sealed any: its id stands in front."""
    rows = await c.fetch_all(
        "SELECT id, sealed_secret FROM organization_connections WHERE id IN (SELECT MIN(id) FROM"
        " organization_connections WHERE sealed_secret IS NOT NULL GROUP BY substr(sealed_secret, 1, 10)) ORDER BY id"
    )
    return [(row["id"], row["sealed_secret"]) for row in rows]


async def delete_connection(c: Connection, connection_id: str) -> bool:
    """Remove a connection."""
    return await c.execute("DELETE FROM organization_connections WHERE id = $1", connection_id) == 1


async def page(c: Connection, wanted: Seek, sought: ConnectionFilter) -> Part[OrganizationConnection]:
    """One page of the connections that fit."""
    where = Conditions()
    where.equal("organization_id", sought.organization_id)
    if sought.name_part is not None:
        where.add(f"LOWER(name) LIKE LOWER({where.given(f'%{literal(sought.name_part)}%')}) ESCAPE '\\'")
    if sought.domain is not None:
        # A domain holds no character that JSON spells otherwise, nor one that LIKE takes for a pattern but `_`.
        listed = where.given(f'%"{literal(sought.domain)}"%')
        domain = where.given(sought.domain)
        where.add(
            f"domains LIKE {listed} ESCAPE '\\' OR organization_id IN"  # noqa: S608 - SQL of ours
            f" (SELECT organization_id FROM organization_domains WHERE domain = {domain})"
        )
    found = await seek(c, _COLUMNS, "organization_connections", where, wanted)
    return found.holding(map(_connection, found.items))


def _connection(row: Row) -> OrganizationConnection:
    return OrganizationConnection(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        kind=row["kind"],
        state=row["state"],
        tenant=row["tenant"],
        provider_client_id=row["provider_client_id"],
        sealed_secret=row["sealed_secret"],
        cloud=row["cloud"],
        domains=tuple(json.loads(row["domains"])),
        external_id=row["external_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
