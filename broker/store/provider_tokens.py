"""Rows of provider tokens: one an identity, sealed, and the lease by which one asks for fresh ones and others wait."""

from dataclasses import dataclass, field

from broker.models.provider_tokens import KeptGrant
from broker.store.base import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What is to be kept of an answer; `access_expires_at` in seconds since the epoch."""

    sealed: str = field(repr=False)
    renewable: bool
    scopes: tuple[str, ...]
    access_expires_at: int


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Whom tokens were issued to: only it can renew them, and those only of accounts whose keys begin like that."""

    provider: str
    provider_client_id: str
    emulator: bool
    subject_prefix: str


async def put_tokens(c: Connection, identity_id: str, provider: str, new: Sealed, *, now: int) -> None:
    """Keep what a sign-in brought, in place of whatever was kept; a lease that somebody holds is worth nothing then."""
    await c.execute(
        "INSERT INTO provider_tokens (identity_id, provider, sealed, renewable, scopes, access_expires_at, checked_at,"
        " failure, retry_at, lease, lease_until, generation) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 0, NULL, 0, 1)"
        " ON CONFLICT (identity_id) DO UPDATE SET sealed = $3, renewable = $4, scopes = $5, access_expires_at = $6,"
        " checked_at = $7, failure = NULL, retry_at = 0, lease = NULL, lease_until = 0,"
        " generation = provider_tokens.generation + 1",
        identity_id,
        provider,
        new.sealed,
        new.renewable,
        " ".join(new.scopes),
        new.access_expires_at,
        now,
    )


async def kept_grant(c: Connection, identity_id: str) -> KeptGrant | None:
    """What is kept for this identity."""
    row = await c.fetch_one(
        "SELECT p.identity_id, p.provider, p.sealed, p.renewable, p.scopes, p.access_expires_at, p.checked_at,"
        " p.failure, p.retry_at, p.lease_until, p.generation, i.user_id, i.subject_key, i.subject,"
        " i.provider_client_id, i.emulator, u.locked_at FROM provider_tokens p"
        " JOIN identities i ON i.id = p.identity_id JOIN users u ON u.id = i.user_id WHERE p.identity_id = $1",
        identity_id,
    )
    return None if row is None else _grant(row)


async def newest_grant(c: Connection, user_id: str, provider: str) -> KeptGrant | None:
    """What is kept for the identity that the user last signed in by at this provider."""
    row = await c.fetch_one(
        "SELECT p.identity_id, p.provider, p.sealed, p.renewable, p.scopes, p.access_expires_at, p.checked_at,"
        " p.failure, p.retry_at, p.lease_until, p.generation, i.user_id, i.subject_key, i.subject,"
        " i.provider_client_id, i.emulator, u.locked_at FROM identities i"
        " JOIN provider_tokens p ON p.identity_id = i.id JOIN users u ON u.id = i.user_id"
        " WHERE i.user_id = $1 AND i.provider = $2 ORDER BY i.last_sign_in_at DESC, i.id DESC LIMIT 1",
        user_id,
        provider,
    )
    return None if row is None else _grant(row)


async def claim_lease(c: Connection, identity_id: str, *, generation: int, lease: str, now: int, until: int) -> bool:
    """Become the one who asks; false where somebody else does, or has since this generation was read."""
    changed = await c.execute(
        "UPDATE provider_tokens SET lease = $2, lease_until = $3"
        " WHERE identity_id = $1 AND generation = $4 AND lease_until <= $5",
        identity_id,
        lease,
        until,
        generation,
        now,
    )
    return changed == 1


async def renew_tokens(c: Connection, identity_id: str, new: Sealed, *, lease: str, now: int) -> bool:
    """Keep what the provider answered and give the lease back; false where the lease was lost meanwhile."""
    changed = await c.execute(
        "UPDATE provider_tokens SET sealed = $3, renewable = $4, scopes = $5, access_expires_at = $6, checked_at = $7,"
        " failure = NULL, retry_at = 0, lease = NULL, lease_until = 0, generation = generation + 1"
        " WHERE identity_id = $1 AND lease = $2",
        identity_id,
        lease,
        new.sealed,
        new.renewable,
        " ".join(new.scopes),
        new.access_expires_at,
        now,
    )
    return changed == 1


async def note_failure(
    c: Connection, identity_id: str, *, lease: str, failure: str, retry_at: int, checked_at: int | None
) -> bool:
    """Remember why there are none and give the lease back; the tokens stay. False where the lease was lost meanwhile.

    `checked_at` `None`: the provider said nothing about the person.
    """
    changed = await c.execute(
        "UPDATE provider_tokens SET failure = $3, retry_at = $4, checked_at = COALESCE($5, checked_at), lease = NULL,"
        " lease_until = 0, generation = generation + 1 WHERE identity_id = $1 AND lease = $2",
        identity_id,
        lease,
        failure,
        retry_at,
        checked_at,
    )
    return changed == 1


async def due_identities(
    c: Connection, registration: Registration, *, checked_before: int, now: int, limit: int
) -> list[str]:
    """Identities with living sessions of which this registration last heard that long ago, the longest first."""
    rows = await c.fetch_all(
        "SELECT p.identity_id FROM provider_tokens p JOIN identities i ON i.id = p.identity_id"
        " WHERE p.provider = $1 AND i.provider_client_id = $2 AND i.emulator = $3 AND p.checked_at <= $4"
        " AND substr(i.subject_key, 1, $7) = $8"
        " AND p.renewable AND p.retry_at <= $5 AND p.lease_until <= $5 AND EXISTS"
        " (SELECT 1 FROM sessions s WHERE s.identity_id = p.identity_id AND s.expires_at > $5)"
        " ORDER BY p.checked_at, p.identity_id LIMIT $6",
        registration.provider,
        registration.provider_client_id,
        registration.emulator,
        checked_before,
        now,
        limit,
        len(registration.subject_prefix),
        registration.subject_prefix,
    )
    return [row["identity_id"] for row in rows]


async def delete_dead_tokens(c: Connection, *, checked_before: int) -> int:
    """Forget the tokens that nobody renewed for so long that the provider has forgotten them, too."""
    return await c.execute("DELETE FROM provider_tokens WHERE checked_at < $1", checked_before)


async def delete_tokens_of_others(c: Connection, kept: frozenset[str]) -> int:
    """Forget the tokens of every provider but these; answers how many."""
    rows = await c.fetch_all("SELECT DISTINCT provider FROM provider_tokens")
    dropped = 0
    for provider in {row["provider"] for row in rows} - kept:
        dropped += await c.execute("DELETE FROM provider_tokens WHERE provider = $1", provider)
    return dropped


def _grant(row: Row) -> KeptGrant:
    return KeptGrant(
        identity_id=row["identity_id"],
        user_id=row["user_id"],
        user_locked=row["locked_at"] is not None,
        provider=row["provider"],
        subject_key=row["subject_key"],
        subject=row["subject"],
        provider_client_id=row["provider_client_id"],
        emulator=bool(row["emulator"]),
        sealed=row["sealed"],
        renewable=bool(row["renewable"]),
        scopes=tuple(row["scopes"].split()),
        access_expires_at=row["access_expires_at"],
        checked_at=row["checked_at"],
        failure=row["failure"],
        retry_at=row["retry_at"],
        lease_until=row["lease_until"],
        generation=row["generation"],
    )
