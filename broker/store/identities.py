"""Rows of identities: found by (provider, subject key), never by an address (OpenID Connect Core 5.7)."""

import json

from broker.models.identities import Identity
from broker.store.base import Connection, Row

IDENTITY_COLUMNS = (
    "id, user_id, provider, subject_key, subject, provider_client_id, tenant, address, emulator, created_at,"
    " last_sign_in_at, missing_claims"
)


async def identity_by_key(c: Connection, provider: str, subject_key: str) -> Identity | None:
    """The identity that this provider knows under this subject key, letter for letter."""
    row = await c.fetch_one(
        f"SELECT {IDENTITY_COLUMNS} FROM identities WHERE provider = $1 AND subject_key = $2",  # noqa: S608
        provider,
        subject_key,
    )
    return None if row is None else identity_of(row)


async def identities_between(c: Connection, *, first_user_id: str, last_user_id: str) -> list[Identity]:
    """The identities of all users whose ids lie in this range (both ends included), by user, oldest first."""
    rows = await c.fetch_all(
        f"SELECT {IDENTITY_COLUMNS} FROM identities WHERE user_id BETWEEN $1 AND $2"  # noqa: S608
        " ORDER BY user_id, created_at, id",
        first_user_id,
        last_user_id,
    )
    return [identity_of(row) for row in rows]


async def insert_identity(c: Connection, identity: Identity) -> None:
    """Raises `NotUnique` when the provider's subject key is known already: two first sign-ins of one person."""
    await c.execute(
        f"INSERT INTO identities ({IDENTITY_COLUMNS})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        identity.id,
        identity.user_id,
        identity.provider,
        identity.subject_key,
        identity.subject,
        identity.provider_client_id,
        identity.tenant,
        identity.address,
        identity.emulator,
        identity.created_at,
        identity.last_sign_in_at,
        _text(identity.missing_claims),
    )


async def record_sign_in(c: Connection, identity: Identity) -> None:
    """Keep what the provider said this time. The subject key never changes; subject and address may."""
    await c.execute(
        "UPDATE identities SET subject = $2, provider_client_id = $3, tenant = $4, address = $5, last_sign_in_at = $6,"
        " missing_claims = $7 WHERE id = $1",
        identity.id,
        identity.subject,
        identity.provider_client_id,
        identity.tenant,
        identity.address,
        identity.last_sign_in_at,
        _text(identity.missing_claims),
    )


async def identity_is_there(c: Connection, identity_id: str) -> bool:
    """Whether there is an identity with this id."""
    return await c.fetch_one("SELECT 1 AS found FROM identities WHERE id = $1", identity_id) is not None


async def delete_identity(c: Connection, identity_id: str) -> bool:
    """Remove one, with what was kept of its provider's tokens and the sessions that still name it."""
    return await c.execute("DELETE FROM identities WHERE id = $1", identity_id) == 1


async def latest_missing_claims(c: Connection, *, provider: str, emulator: bool, most: int) -> list[tuple[str, ...]]:
    """What each of the identities lacked that signed in last, newest first; empty for one that lacked nothing."""
    rows = await c.fetch_all(
        "SELECT missing_claims FROM identities WHERE provider = $1 AND emulator = $2"
        " ORDER BY last_sign_in_at DESC, id LIMIT $3",
        provider,
        emulator,
        most,
    )
    return [tuple(json.loads(row["missing_claims"] or "[]")) for row in rows]


def identity_of(row: Row) -> Identity:
    """A row of `IDENTITY_COLUMNS`."""
    return Identity(
        id=row["id"],
        user_id=row["user_id"],
        provider=row["provider"],
        subject_key=row["subject_key"],
        subject=row["subject"],
        provider_client_id=row["provider_client_id"],
        tenant=row["tenant"],
        address=row["address"],
        emulator=bool(row["emulator"]),
        created_at=row["created_at"],
        last_sign_in_at=row["last_sign_in_at"],
        missing_claims=tuple(json.loads(row["missing_claims"] or "[]")),
    )


def _text(missing_claims: tuple[str, ...]) -> str | None:
    return json.dumps(missing_claims) if missing_claims else None
