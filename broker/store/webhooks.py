"""Rows of webhooks: those that were made by the admin API."""

import json
from typing import Any

from broker.models.webhooks import Subscription, Webhook
from broker.store.base import Connection, Row


async def insert_webhook(c: Connection, hook: Webhook) -> None:
    """Add a hook."""
    await c.execute(
        "INSERT INTO webhooks (id, callback, events, enabled, failures, expires_at, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        hook.id,
        hook.callback,
        _events_text(hook),
        hook.enabled,
        hook.failures,
        hook.expires_at,
        hook.created_at,
        hook.updated_at,
    )


async def webhooks(c: Connection, *, face: str) -> list[Webhook]:
    """All hooks, oldest first; `face` is who spells for them."""
    rows = await c.fetch_all(
        "SELECT id, callback, events, enabled, failures, expires_at, created_at, updated_at FROM webhooks ORDER BY id"
    )
    return [_webhook(row, face) for row in rows]


async def webhook(c: Connection, hook_id: str, *, face: str) -> Webhook | None:
    """The hook with this id."""
    row = await c.fetch_one(
        "SELECT id, callback, events, enabled, failures, expires_at, created_at, updated_at FROM webhooks"
        " WHERE id = $1",
        hook_id,
    )
    return None if row is None else _webhook(row, face)


async def update_webhook(c: Connection, hook: Webhook) -> bool:
    """Write what may change; false when the hook is gone."""
    changed = await c.execute(
        "UPDATE webhooks SET callback = $2, events = $3, enabled = $4, failures = $5, expires_at = $6, updated_at = $7"
        " WHERE id = $1",
        hook.id,
        hook.callback,
        _events_text(hook),
        hook.enabled,
        hook.failures,
        hook.expires_at,
        hook.updated_at,
    )
    return changed == 1


async def delete_webhook(c: Connection, hook_id: str) -> bool:
    """Remove a hook; false when there is none."""
    return await c.execute("DELETE FROM webhooks WHERE id = $1", hook_id) == 1


async def note_success(c: Connection, hook_id: str, *, expires_at: int) -> None:
    """The hook took an event: nothing speaks against it, and it lives on."""
    await c.execute("UPDATE webhooks SET failures = 0, expires_at = $2 WHERE id = $1", hook_id, expires_at)


async def note_given_up(c: Connection, hook_id: str, *, most: int, now: int) -> bool:
    """The hook never took an event; answers whether one more than `most` in a row disabled it just now."""
    row = await c.fetch_one(
        "UPDATE webhooks SET failures = failures + 1, updated_at = $3,"
        " enabled = CASE WHEN failures + 1 > $2 THEN FALSE ELSE enabled END WHERE id = $1 AND enabled"
        " RETURNING enabled",
        hook_id,
        most,
        now,
    )
    return row is not None and not row["enabled"]


async def disable_expired(c: Connection, *, now: int) -> int:
    """Disable hooks whose time has passed; answers how many."""
    return await c.execute(
        "UPDATE webhooks SET enabled = FALSE, updated_at = $1 WHERE enabled AND expires_at <= $1", now
    )


def _events_text(hook: Webhook) -> str:
    return json.dumps([{"id": each.id, "event": each.event} for each in hook.events])


def _webhook(row: Row, face: str) -> Webhook:
    events: list[dict[str, Any]] = json.loads(row["events"])
    return Webhook(
        id=row["id"],
        callback=row["callback"],
        events=tuple(Subscription(id=each["id"], event=each["event"]) for each in events),
        enabled=bool(row["enabled"]),
        failures=row["failures"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        face=face,
    )
