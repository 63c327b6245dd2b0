"""Rows of organizations and of their domains."""

import json
from collections import defaultdict
from collections.abc import Sequence

from broker.models.lists import Part, Seek
from broker.models.organizations import Organization, OrganizationDomain
from broker.store.base import Connection, Row
from broker.store.seek import Conditions, seek
from broker.store.user_pages import literal

_COLUMNS = "id, name, external_id, metadata, admits_outsiders, created_at, updated_at"
_DOMAIN_COLUMNS = "id, domain, is_verified, created_at, updated_at"


async def insert_organization(c: Connection, organization: Organization) -> None:
    """Add an organization with its domains. Raises `NotUnique`: its external id, or a verified domain, is taken."""
    await c.execute(
        "INSERT INTO organizations (id, name, external_id, metadata, admits_outsiders, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        organization.id,
        organization.name,
        organization.external_id,
        _written(organization),
        organization.admits_outsiders,
        organization.created_at,
        organization.updated_at,
    )
    await _insert_domains(c, organization)


async def organization(c: Connection, organization_id: str) -> Organization | None:
    """The organization with this id."""
    row = await c.fetch_one(f"SELECT {_COLUMNS} FROM organizations WHERE id = $1", organization_id)  # noqa: S608
    return None if row is None else (await _organizations(c, [row]))[0]


async def organizations(c: Connection, organization_ids: Sequence[str]) -> dict[str, Organization]:
    """These organizations by id; one that is gone is left out."""
    if not organization_ids:
        return {}
    where = Conditions()
    where.one_of("id", organization_ids)
    rows = await c.fetch_all(f"SELECT {_COLUMNS} FROM organizations WHERE {where.text}", *where.arguments)  # noqa: S608
    return {each.id: each for each in await _organizations(c, rows)}


async def organization_by_external_id(c: Connection, external_id: str) -> Organization | None:
    """The organization that another program calls so."""
    row = await c.fetch_one(f"SELECT {_COLUMNS} FROM organizations WHERE external_id = $1", external_id)  # noqa: S608
    return None if row is None else (await _organizations(c, [row]))[0]


async def lock_organization(c: Connection, organization_id: str) -> Organization | None:
    """Make everybody else who does this wait until our transaction ends, and answer the organization as of then."""
    locked = await c.execute("UPDATE organizations SET updated_at = updated_at WHERE id = $1", organization_id)
    return await organization(c, organization_id) if locked else None


async def put_organization(c: Connection, changed: Organization) -> None:
    """The organization as it is here, its domains included. Raises `NotUnique` as `insert_organization` does."""
    await c.execute(
        "UPDATE organizations SET name = $2, external_id = $3, metadata = $4, admits_outsiders = $5, updated_at = $6"
        " WHERE id = $1",
        changed.id,
        changed.name,
        changed.external_id,
        _written(changed),
        changed.admits_outsiders,
        changed.updated_at,
    )
    await c.execute("DELETE FROM organization_domains WHERE organization_id = $1", changed.id)
    await _insert_domains(c, changed)


async def delete_organization(c: Connection, organization_id: str) -> bool:
    """Remove an organization with domains, connections and memberships. Its sessions are the caller's to end."""
    # Before its own row: of whoever writes twice to a membership PostgreSQL asks whether its organization still stands.
    await c.execute("DELETE FROM memberships WHERE organization_id = $1", organization_id)
    return await c.execute("DELETE FROM organizations WHERE id = $1", organization_id) == 1


async def page(
    c: Connection, wanted: Seek, *, domains: Sequence[str] = (), name_part: str | None
) -> Part[Organization]:
    """One page of the organizations that have one of these domains, and this part of a name, in any case."""
    where = Conditions()
    if domains:
        listed = ", ".join(map(where.given, domains))
        where.add(f"id IN (SELECT organization_id FROM organization_domains WHERE domain IN ({listed}))")  # noqa: S608
    if name_part is not None:
        where.add(f"LOWER(name) LIKE LOWER({where.given(f'%{literal(name_part)}%')}) ESCAPE '\\'")
    found = await seek(c, _COLUMNS, "organizations", where, wanted)
    return found.holding(await _organizations(c, found.items))


async def _organizations(c: Connection, rows: Sequence[Row]) -> list[Organization]:
    """One statement for the domains of all of them."""
    if not rows:
        return []
    where = Conditions()
    where.one_of("organization_id", [row["id"] for row in rows])
    text = f"SELECT organization_id, {_DOMAIN_COLUMNS} FROM organization_domains WHERE {where.text} ORDER BY id"  # noqa: S608
    domain_rows = await c.fetch_all(text, *where.arguments)
    domains: defaultdict[str, list[OrganizationDomain]] = defaultdict(list)
    for row in domain_rows:
        domains[row["organization_id"]].append(_domain(row))
    return [_organization(row, domains[row["id"]]) for row in rows]


async def _insert_domains(c: Connection, organization: Organization) -> None:
    for domain in organization.domains:
        await c.execute(
            "INSERT INTO organization_domains (id, organization_id, domain, is_verified, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            domain.id,
            organization.id,
            domain.domain,
            domain.is_verified,
            domain.created_at,
            domain.updated_at,
        )


def _written(organization: Organization) -> str:
    return json.dumps(dict(organization.metadata), separators=(",", ":"), ensure_ascii=False)


def _organization(row: Row, domains: Sequence[OrganizationDomain]) -> Organization:
    return Organization(
        id=row["id"],
        name=row["name"],
        domains=tuple(domains),
        external_id=row["external_id"],
        metadata=json.loads(row["metadata"]),
        admits_outsiders=bool(row["admits_outsiders"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _domain(row: Row) -> OrganizationDomain:
    return OrganizationDomain(
        id=row["id"],
        domain=row["domain"],
        is_verified=bool(row["is_verified"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
