"""Rows of answers that are remembered for a moment, sealed: what a request is told again whose answer got lost."""

from broker.store.base import Connection
from broker.store.portions import delete_portion


async def put_answer(c: Connection, request_hash: str, sealed: str, *, expires_at: int) -> None:
    """Remember an answer; one that is there stays."""
    await c.execute(
        "INSERT INTO remembered_answers (request_hash, sealed, expires_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (request_hash) DO NOTHING",
        request_hash,
        sealed,
        expires_at,
    )


async def answer_to(c: Connection, request_hash: str, *, now: int) -> str | None:
    """What this request was answered, unless that is too long ago."""
    row = await c.fetch_one(
        "SELECT sealed FROM remembered_answers WHERE request_hash = $1 AND expires_at > $2", request_hash, now
    )
    return None if row is None else str(row["sealed"])


async def delete_expired_answers(c: Connection, *, now: int) -> int:
    """Forget a portion of what is too long ago; answers how many."""
    return await delete_portion(c, "remembered_answers", "expires_at <= $1", now, key="request_hash")
