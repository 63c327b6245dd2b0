"""Rows of memberships: a user is in an organization once, or not at all."""

from broker.models.lists import Part, Seek
from broker.models.organizations import Membership, MembershipFilter
from broker.store.base import Connection, Row
from broker.store.seek import Conditions, seek

_COLUMNS = "id, user_id, organization_id, status, roles, created_at, updated_at"


async def insert_membership(c: Connection, membership: Membership) -> bool:
    """Add a membership unless the user has one there; false then. The organization must be there."""
    added = await c.execute(
        "INSERT INTO memberships (id, user_id, organization_id, status, roles, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, organization_id) DO NOTHING",
        membership.id,
        membership.user_id,
        membership.organization_id,
        membership.status,
        " ".join(membership.roles),
        membership.created_at,
        membership.updated_at,
    )
    return added == 1


async def membership(c: Connection, membership_id: str) -> Membership | None:
    """The membership with this id."""
    row = await c.fetch_one(f"SELECT {_COLUMNS} FROM memberships WHERE id = $1", membership_id)  # noqa: S608
    return None if row is None else _membership(row)


async def membership_of(c: Connection, user_id: str, organization_id: str) -> Membership | None:
    """The user's membership there, whatever its status."""
    row = await c.fetch_one(
        f"SELECT {_COLUMNS} FROM memberships WHERE user_id = $1 AND organization_id = $2",  # noqa: S608
        user_id,
        organization_id,
    )
    return None if row is None else _membership(row)


async def lock_membership_of(c: Connection, user_id: str, organization_id: str) -> Membership | None:
    """The same, held until our transaction ends: who removes the organization meanwhile waits, and sees what we did.

    After the user's row and before any session's, as everywhere.
    """
    await c.execute(
        "UPDATE memberships SET updated_at = updated_at WHERE user_id = $1 AND organization_id = $2",
        user_id,
        organization_id,
    )
    return await membership_of(c, user_id, organization_id)


async def put_membership(c: Connection, changed: Membership) -> bool:
    """Status and roles as they are here; false when the membership is gone."""
    changed_rows = await c.execute(
        "UPDATE memberships SET status = $2, roles = $3, updated_at = $4 WHERE id = $1",
        changed.id,
        changed.status,
        " ".join(changed.roles),
        changed.updated_at,
    )
    return changed_rows == 1


async def delete_membership(c: Connection, membership_id: str) -> bool:
    """Remove a membership."""
    return await c.execute("DELETE FROM memberships WHERE id = $1", membership_id) == 1


async def page(c: Connection, wanted: Seek, sought: MembershipFilter) -> Part[Membership]:
    """One page of the memberships that fit."""
    where = Conditions()
    where.equal("user_id", sought.user_id)
    where.equal("organization_id", sought.organization_id)
    where.one_of("status", sought.statuses)
    if sought.named:
        where.add("EXISTS (SELECT 1 FROM emails e WHERE e.user_id = memberships.user_id AND e.is_primary)")
    found = await seek(c, _COLUMNS, "memberships", where, wanted)
    return found.holding(map(_membership, found.items))


def _membership(row: Row) -> Membership:
    return Membership(
        id=row["id"],
        user_id=row["user_id"],
        organization_id=row["organization_id"],
        status=row["status"],
        roles=tuple(row["roles"].split()),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
