"""Rows of what applications keep about users: at most one a user."""

import json
from typing import Any

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.store.base import Connection, Row


async def metadata(c: Connection, user_id: str) -> UserMetadata:
    """What is kept; nothing for somebody who has nothing, or is not there."""
    row = await c.fetch_one("SELECT public, private, unsafe FROM user_metadata WHERE user_id = $1", user_id)
    return NO_METADATA if row is None else metadata_of(row)


def metadata_of(row: Row) -> UserMetadata:
    """A row of the three."""
    return UserMetadata(public=_read(row["public"]), private=_read(row["private"]), unsafe=_read(row["unsafe"]))


async def put_metadata(c: Connection, user_id: str, kept: UserMetadata) -> None:
    """Keep this and nothing else; without content the row goes."""
    if kept.is_empty:
        await c.execute("DELETE FROM user_metadata WHERE user_id = $1", user_id)
        return
    await c.execute(
        "INSERT INTO user_metadata (user_id, public, private, unsafe) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (user_id) DO UPDATE SET public = $2, private = $3, unsafe = $4",
        user_id,
        written(kept.public),
        written(kept.private),
        written(kept.unsafe),
    )


def written(content: dict[str, Any] | None) -> str | None:
    """One of the objects as it rests."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False) if content else None


def _read(text: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None if text is None else json.loads(text)
    return found
