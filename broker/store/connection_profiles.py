"""Rows of connection profiles."""

from dataclasses import dataclass

from broker.store.base import Connection


@dataclass(frozen=True, kw_only=True)
class ProfileRow:
    """One row, and whose it is."""

    id: str
    identity_id: str
    connection_id: str
    organization_id: str | None
    user_id: str


async def keep_profile(
    c: Connection, *, new_id: str, identity_id: str, connection_id: str, organization_id: str | None, now: int
) -> str:
    """The id for this identity and connection: the one that is there, or `new_id` from now on."""
    row = await c.fetch_one(
        "INSERT INTO connection_profiles (id, identity_id, connection_id, organization_id, created_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (identity_id, connection_id)"
        " DO UPDATE SET organization_id = excluded.organization_id RETURNING id",
        new_id,
        identity_id,
        connection_id,
        organization_id,
        now,
    )
    assert row is not None  # noqa: S101 - inserted or updated, there is a row
    found: str = row["id"]
    return found


async def profile_row(c: Connection, profile_id: str) -> ProfileRow | None:
    """The profile with this id."""
    row = await c.fetch_one(
        "SELECT p.id, p.identity_id, p.connection_id, p.organization_id, i.user_id FROM connection_profiles p"
        " JOIN identities i ON i.id = p.identity_id WHERE p.id = $1",
        profile_id,
    )
    if row is None:
        return None
    return ProfileRow(
        id=row["id"],
        identity_id=row["identity_id"],
        connection_id=row["connection_id"],
        organization_id=row["organization_id"],
        user_id=row["user_id"],
    )
