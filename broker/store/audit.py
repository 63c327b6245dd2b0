"""Rows of the audit log: written in the transaction of the change they speak of, and outliving whom they speak of."""

import json
from collections.abc import Mapping

from broker.models.events import AuditEntry
from broker.store.base import Connection, Row
from broker.store.portions import delete_portion


async def insert_entry(c: Connection, entry: AuditEntry) -> None:
    """Write an entry."""
    await c.execute(
        "INSERT INTO audit_entries (id, type, created_at, user_id, session_id, identity_id, actor, request_id,"
        " ip_address, user_agent, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        entry.id,
        entry.type,
        entry.created_at,
        entry.user_id,
        entry.session_id,
        entry.identity_id,
        entry.actor,
        entry.request_id,
        entry.ip_address,
        entry.user_agent,
        json.dumps(dict(entry.detail)),
    )


async def entries(
    c: Connection, *, user_id: str | None = None, after: str | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Newest first, by id; `after` is the last id of the page before. Of everybody, or about one user."""
    if user_id is None:
        rows = await c.fetch_all(
            "SELECT id, type, created_at, user_id, session_id, identity_id, actor, request_id, ip_address, user_agent,"
            " detail FROM audit_entries WHERE id < $1 ORDER BY id DESC LIMIT $2",
            after or "~",
            limit,
        )
    else:
        rows = await c.fetch_all(
            "SELECT id, type, created_at, user_id, session_id, identity_id, actor, request_id, ip_address, user_agent,"
            " detail FROM audit_entries WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            user_id,
            after or "~",
            limit,
        )
    return [entry_of(row) for row in rows]


async def is_there(c: Connection, kind: str, *, user_id: str, detail: Mapping[str, str | int | bool | None]) -> bool:
    """Whether an entry of this type says exactly this about the user."""
    row = await c.fetch_one(
        "SELECT id FROM audit_entries WHERE user_id = $1 AND type = $2 AND detail = $3 LIMIT 1",
        user_id,
        kind,
        json.dumps(dict(detail)),
    )
    return row is not None


async def identities_named(c: Connection, kind: str, *, user_id: str) -> frozenset[str]:
    """The identities that entries of this type about the user name."""
    rows = await c.fetch_all(
        "SELECT identity_id FROM audit_entries WHERE user_id = $1 AND type = $2 AND identity_id IS NOT NULL",
        user_id,
        kind,
    )
    return frozenset(row["identity_id"] for row in rows)


async def delete_entries_before(c: Connection, at: int) -> int:
    """Drop a portion of the entries older than this; answers how many."""
    return await delete_portion(c, "audit_entries", "created_at < $1", at, key="id")


def entry_of(row: Row) -> AuditEntry:
    """An entry from its row."""
    return AuditEntry(
        id=row["id"],
        type=row["type"],
        created_at=row["created_at"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        identity_id=row["identity_id"],
        actor=row["actor"],
        request_id=row["request_id"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        detail=json.loads(row["detail"]),
    )
