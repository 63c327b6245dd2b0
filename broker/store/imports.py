"""Rows of identities that have yet to be recognised by a sign-in."""

from broker.models.imports import ImportedIdentity
from broker.store.base import Connection, Row


async def insert_imported(c: Connection, identity: ImportedIdentity) -> bool:
    """Add one; false when somebody has it already."""
    added = await c.execute(
        "INSERT INTO imported_identities (id, user_id, provider, issuer, subject, provider_client_id, address,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        identity.id,
        identity.user_id,
        identity.provider,
        identity.issuer,
        identity.subject,
        identity.provider_client_id,
        identity.address,
        identity.created_at,
    )
    return added == 1


async def imported(
    c: Connection, *, provider: str, issuer: str, subject: str, provider_client_id: str
) -> ImportedIdentity | None:
    """The one that fits all four."""
    row = await c.fetch_one(
        "SELECT id, user_id, provider, issuer, subject, provider_client_id, address, created_at"
        " FROM imported_identities WHERE provider = $1 AND subject = $2 AND issuer = $3 AND provider_client_id = $4",
        provider,
        subject,
        issuer,
        provider_client_id,
    )
    return None if row is None else _imported(row)


async def take_imported(c: Connection, identity_id: str) -> bool:
    """It is recognised, and no longer waits; false when somebody was faster."""
    return await c.execute("DELETE FROM imported_identities WHERE id = $1", identity_id) == 1


async def imported_of(c: Connection, user_id: str) -> list[ImportedIdentity]:
    """Those of a user that still wait."""
    rows = await c.fetch_all(
        "SELECT id, user_id, provider, issuer, subject, provider_client_id, address, created_at"
        " FROM imported_identities WHERE user_id = $1 ORDER BY created_at, id",
        user_id,
    )
    return [_imported(row) for row in rows]


def _imported(row: Row) -> ImportedIdentity:
    return ImportedIdentity(
        id=row["id"],
        user_id=row["user_id"],
        provider=row["provider"],
        issuer=row["issuer"],
        subject=row["subject"],
        provider_client_id=row["provider_client_id"],
        address=row["address"],
        created_at=row["created_at"],
    )
