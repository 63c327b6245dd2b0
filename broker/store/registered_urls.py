"""Rows of URLs and origins that programs registered for their application."""

from broker.models.registered_urls import RegisteredKind, RegisteredUrl
from broker.store.base import Connection

_COLUMNS = "id, client_id, kind, url, created_at"


async def insert_url(c: Connection, registered: RegisteredUrl) -> None:
    """Add one. Raises `NotUnique`: the application has it."""
    await c.execute(
        f"INSERT INTO registered_urls ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5)",  # noqa: S608 - ours
        registered.id,
        registered.client_id,
        registered.kind,
        registered.url,
        registered.created_at,
    )


async def urls(c: Connection) -> tuple[RegisteredUrl, ...]:
    """Those of all applications, oldest first."""
    rows = await c.fetch_all(f"SELECT {_COLUMNS} FROM registered_urls ORDER BY id")  # noqa: S608 - ours
    return tuple(RegisteredUrl(**{name: row[name] for name in _COLUMNS.split(", ")}) for row in rows)


async def delete_url(c: Connection, url_id: str, *, client_id: str, kind: RegisteredKind) -> bool:
    """Remove one of this application; answers whether it was there."""
    removed = await c.execute(
        "DELETE FROM registered_urls WHERE id = $1 AND client_id = $2 AND kind = $3", url_id, client_id, kind
    )
    return removed == 1
