"""Rows of refresh tokens: a family a session, a row a token, hashes only. Both go with the row of the session, always.

What a repeat means is judged by `sessions/refreshing`.
"""

from broker.models.refresh_tokens import RefreshFamily, RefreshToken
from broker.store.base import Connection, Row
from broker.store.portions import delete_portion


async def insert_family(c: Connection, family: RefreshFamily) -> None:
    """Begin a session's family."""
    await c.execute(
        "INSERT INTO refresh_families (session_id, client_id, confidential, sealed_key) VALUES ($1, $2, $3, $4)",
        family.session_id,
        family.client_id,
        family.confidential,
        family.sealed_key,
    )


async def insert_token(c: Connection, token: RefreshToken) -> None:
    """Add a token. Raises `NotUnique`."""
    await c.execute(
        "INSERT INTO refresh_tokens (token_hash, session_id, created_at, rotated_at, rotated_by)"
        " VALUES ($1, $2, $3, $4, $5)",
        token.token_hash,
        token.session_id,
        token.created_at,
        token.rotated_at,
        token.rotated_by,
    )


async def family_of(c: Connection, token_hash: str) -> RefreshFamily | None:
    """The family that this token belongs to, used or not."""
    row = await c.fetch_one(
        "SELECT f.session_id, f.client_id, f.confidential, f.sealed_key FROM refresh_tokens t"
        " JOIN refresh_families f ON f.session_id = t.session_id WHERE t.token_hash = $1",
        token_hash,
    )
    if row is None:
        return None
    return RefreshFamily(
        session_id=row["session_id"],
        client_id=row["client_id"],
        confidential=bool(row["confidential"]),
        sealed_key=row["sealed_key"],
    )


async def token(c: Connection, token_hash: str) -> RefreshToken | None:
    """The token with this hash."""
    row = await c.fetch_one(
        "SELECT token_hash, session_id, created_at, rotated_at, rotated_by FROM refresh_tokens WHERE token_hash = $1",
        token_hash,
    )
    return None if row is None else _token(row)


async def rotate_token(c: Connection, token_hash: str, *, now: int, rotated_by: str | None) -> bool:
    """Note that the token was used; false where it was before. The first use stays."""
    changed = await c.execute(
        "UPDATE refresh_tokens SET rotated_at = $2, rotated_by = $3 WHERE token_hash = $1 AND rotated_at IS NULL",
        token_hash,
        now,
        rotated_by,
    )
    return changed == 1


async def reseal_family(c: Connection, session_id: str, sealed_key: str) -> None:
    """Keep the same key under another secret."""
    await c.execute("UPDATE refresh_families SET sealed_key = $2 WHERE session_id = $1", session_id, sealed_key)


async def delete_rotated_tokens(c: Connection, *, before: int) -> int:
    """Forget a portion of the tokens that were used up before then; answers how many."""
    return await delete_portion(c, "refresh_tokens", "rotated_at < $1", before, key="token_hash")


async def delete_oldest_rotated(c: Connection, session_id: str, *, keep: int) -> int:
    """Forget a session's used tokens but for the newest; answers how many."""
    return await c.execute(
        "DELETE FROM refresh_tokens WHERE session_id = $1 AND rotated_at IS NOT NULL AND token_hash NOT IN"
        " (SELECT token_hash FROM refresh_tokens WHERE session_id = $1 AND rotated_at IS NOT NULL"
        " ORDER BY rotated_at DESC, token_hash LIMIT $2)",
        session_id,
        keep,
    )


def _token(row: Row) -> RefreshToken:
    return RefreshToken(
        token_hash=row["token_hash"],
        session_id=row["session_id"],
        created_at=row["created_at"],
        rotated_at=row["rotated_at"],
        rotated_by=row["rotated_by"],
    )
