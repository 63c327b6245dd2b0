"""Rows of keys: those that sign our tokens (sealed), and those that open the admin API (hashed).

At most one signing key is `current` and one `next`: partial unique indexes see to it. A rotation therefore retires
the current key before it promotes the next one.
"""

from broker.models.keys import ApiKey, KeyState, SigningKey
from broker.store.base import Connection, Row


async def lock_keys(c: Connection) -> None:
    """Make everybody else who does this wait until our transaction ends: rotations follow one another."""
    await c.execute("UPDATE key_lock SET rotations = rotations + 1 WHERE id = 1")


async def signing_keys(c: Connection) -> list[SigningKey]:
    """All signing keys, oldest first."""
    rows = await c.fetch_all(
        "SELECT kid, algorithm, state, public_jwk, sealed_private, created_at, activated_at, retired_at"
        " FROM signing_keys ORDER BY created_at, kid"
    )
    return [_signing_key(row) for row in rows]


async def insert_signing_key(c: Connection, key: SigningKey) -> None:
    """Add a signing key. Raises `NotUnique`, also for a second one that is `current` or `next`."""
    await c.execute(
        "INSERT INTO signing_keys (kid, algorithm, state, public_jwk, sealed_private, created_at, activated_at,"
        " retired_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.kid,
        key.algorithm,
        key.state,
        key.public_jwk,
        key.sealed_private,
        key.created_at,
        key.activated_at,
        key.retired_at,
    )


async def change_key_state(
    c: Connection,
    kid: str,
    *,
    state: KeyState,
    activated_at: int | None = None,
    retired_at: int | None = None,
    expected: KeyState,
) -> bool:
    """Move a key from `expected` to `state`; false when it was not there any more. A time of `None` leaves it.

    Raises `NotUnique` when another key has that state.
    """
    changed = await c.execute(
        "UPDATE signing_keys SET state = $2, activated_at = COALESCE($3, activated_at),"
        " retired_at = COALESCE($4, retired_at) WHERE kid = $1 AND state = $5",
        kid,
        state,
        activated_at,
        retired_at,
        expected,
    )
    return changed == 1


async def delete_signing_key(c: Connection, kid: str) -> bool:
    """Remove a signing key: whatever it signed is void. False: no such key."""
    return await c.execute("DELETE FROM signing_keys WHERE kid = $1", kid) == 1


async def insert_api_key(c: Connection, key: ApiKey) -> None:
    """Add a key for the admin API. Raises `NotUnique` when its name is taken."""
    await c.execute(
        "INSERT INTO api_keys (id, name, key_hash, created_at, expires_at, last_used_at, scopes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        key.id,
        key.name,
        key.key_hash,
        key.created_at,
        key.expires_at,
        key.last_used_at,
        None if key.scopes is None else " ".join(key.scopes),
    )


async def api_keys(c: Connection) -> list[ApiKey]:
    """All keys for the admin API, oldest first."""
    rows = await c.fetch_all(
        "SELECT id, name, key_hash, created_at, expires_at, last_used_at, scopes FROM api_keys ORDER BY created_at, id"
    )
    return [_api_key(row) for row in rows]


async def api_key_by_hash(c: Connection, key_hash: str) -> ApiKey | None:
    """The key with this hash, expired or not."""
    row = await c.fetch_one(
        "SELECT id, name, key_hash, created_at, expires_at, last_used_at, scopes FROM api_keys WHERE key_hash = $1",
        key_hash,
    )
    return None if row is None else _api_key(row)


async def touch_api_key(c: Connection, key_id: str, *, now: int) -> None:
    """Note that the key was used."""
    await c.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1", key_id, now)


async def delete_api_key(c: Connection, id_or_name: str) -> bool:
    """Revoke a key by its id or by its name; false when there is none."""
    return await c.execute("DELETE FROM api_keys WHERE id = $1 OR name = $1", id_or_name) > 0


def _signing_key(row: Row) -> SigningKey:
    return SigningKey(
        kid=row["kid"],
        algorithm=row["algorithm"],
        state=row["state"],
        public_jwk=row["public_jwk"],
        sealed_private=row["sealed_private"],
        created_at=row["created_at"],
        activated_at=row["activated_at"],
        retired_at=row["retired_at"],
    )


def _api_key(row: Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        key_hash=row["key_hash"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        scopes=None if row["scopes"] is None else tuple(row["scopes"].split()),
    )
