"""Read another product's tables: a Hanko database on PostgreSQL, release 2 or 3. Nothing is ever written there.

Page by page, by id, so that any number of people fit into memory; each of a page's associations is one statement.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from broker.store.base import Connection, Row, Store

PAGE = 500


@dataclass(frozen=True, kw_only=True)
class HankoUser:
    """A user's row with what belongs to it, as dictionaries of columns; times are seconds."""

    row: Row
    emails: tuple[Row, ...]
    identities: tuple[Row, ...]
    metadata: Row | None


class HankoTables:
    """The tables of one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def count(self) -> int:
        """How many users there are. Raises `StoreUnavailable`, `StoreError` where this is no such database."""
        async with self._store.read() as c:
            row = await c.fetch_one("SELECT count(*) AS total FROM users")
        return 0 if row is None else int(row["total"])

    async def keys(self) -> list[str]:
        """The sealed signing keys, newest first."""
        async with self._store.read() as c:
            rows = await c.fetch_all("SELECT key_data FROM jwks ORDER BY created_at DESC, id DESC")
        return [row["key_data"] for row in rows]

    async def users(self) -> AsyncIterator[HankoUser]:
        """Everybody, by id."""
        after = "00000000-0000-0000-0000-000000000000"
        while True:
            async with self._store.read() as c:
                page = await self._page(c, after)
            for each in page:
                yield each
            if len(page) < PAGE:
                return
            after = page[-1].row["id"]

    async def _page(self, c: Connection, after: str) -> list[HankoUser]:
        users = await c.fetch_all(
            "SELECT CAST(id AS TEXT) AS id, name, given_name, family_name, picture, CAST(EXTRACT(EPOCH FROM created_at)"
            " AS BIGINT) AS created_at, CAST(EXTRACT(EPOCH FROM updated_at) AS BIGINT) AS updated_at FROM users"
            " WHERE id > CAST($1 AS TEXT)::uuid ORDER BY id LIMIT $2",
            after,
            PAGE,
        )
        if not users:
            return []
        span = (users[0]["id"], users[-1]["id"])
        emails = _by_user(await c.fetch_all(_EMAILS, *span))
        identities = _by_user(await c.fetch_all(_IDENTITIES, *span))
        metadata = _by_user(await c.fetch_all(_METADATA, *span))
        return [
            HankoUser(
                row=row,
                emails=tuple(emails.get(row["id"], ())),
                identities=tuple(identities.get(row["id"], ())),
                metadata=next(iter(metadata.get(row["id"], ())), None),
            )
            for row in users
        ]


_EMAILS = (
    "SELECT CAST(e.id AS TEXT) AS id, CAST(e.user_id AS TEXT) AS user_id, e.address, e.verified,"
    " p.id IS NOT NULL AS is_primary, CAST(EXTRACT(EPOCH FROM e.created_at) AS BIGINT) AS created_at,"
    " CAST(EXTRACT(EPOCH FROM e.updated_at) AS BIGINT) AS updated_at FROM emails e"
    " LEFT JOIN primary_emails p ON p.email_id = e.id WHERE e.user_id BETWEEN"
    " CAST($1 AS TEXT)::uuid AND CAST($2 AS TEXT)::uuid ORDER BY e.created_at, e.id"
)
_IDENTITIES = (
    "SELECT CAST(i.id AS TEXT) AS id, CAST(COALESCE(i.user_id, e.user_id) AS TEXT) AS user_id, i.provider_id,"
    " i.provider_user_id, i.data, e.address, CAST(EXTRACT(EPOCH FROM i.created_at) AS BIGINT) AS created_at"
    " FROM identities i LEFT JOIN emails e ON e.id = i.email_id WHERE COALESCE(i.user_id, e.user_id)"
    " BETWEEN CAST($1 AS TEXT)::uuid AND CAST($2 AS TEXT)::uuid ORDER BY i.created_at, i.id"
)
_METADATA = (
    "SELECT CAST(user_id AS TEXT) AS user_id, public_metadata, private_metadata, unsafe_metadata FROM user_metadata"
    " WHERE user_id BETWEEN CAST($1 AS TEXT)::uuid AND CAST($2 AS TEXT)::uuid"
)


def claims_of(identity: Row) -> dict[str, Any]:
    """The claims that were kept of an identity; nothing where they are no object."""
    try:
        found = json.loads(identity["data"] or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _by_user(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["user_id"], []).append(row)
    return found
