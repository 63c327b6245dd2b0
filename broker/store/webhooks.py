"""Rows of webhooks: those that were made by an API."""

import json
from typing import Any

from broker.models.lists import Part, Seek
from broker.models.webhooks import Subscription, Webhook
from broker.store.base import Connection, Row
from broker.store.seek import Conditions, seek

_COLUMNS = "id, callback, events, enabled, failures, expires_at, created_at, updated_at, face, sealed_secret"
_NEVER = 253_402_300_799
"""The last second of the year 9999: when a hook ends that never does."""


async def insert_webhook(c: Connection, hook: Webhook) -> None:
    """Add a hook."""
    await c.execute(
        f"INSERT INTO webhooks ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",  # noqa: S608  # ours
        hook.id,
        hook.callback,
        _events_text(hook),
        hook.enabled,
        hook.failures,
        _NEVER if hook.expires_at is None else hook.expires_at,
        hook.created_at,
        hook.updated_at,
        hook.face,
        hook.sealed_secret,
    )


async def webhooks(c: Connection) -> list[Webhook]:
    """All hooks of all faces, oldest first."""
    return [_webhook(row) for row in await c.fetch_all(f"SELECT {_COLUMNS} FROM webhooks ORDER BY id")]  # noqa: S608


async def page(c: Connection, wanted: Seek, *, face: str) -> Part[Webhook]:
    """One page of the hooks of a face."""
    where = Conditions()
    where.equal("face", face)
    found = await seek(c, _COLUMNS, "webhooks", where, wanted)
    return found.holding(map(_webhook, found.items))


async def webhook(c: Connection, hook_id: str) -> Webhook | None:
    """The hook with this id."""
    row = await c.fetch_one(f"SELECT {_COLUMNS} FROM webhooks WHERE id = $1", hook_id)  # noqa: S608  # ours
    return None if row is None else _webhook(row)


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
        _NEVER if hook.expires_at is None else hook.expires_at,
        hook.updated_at,
    )
    return changed == 1


async def delete_webhook(c: Connection, hook_id: str) -> bool:
    """Remove a hook; false when there is none."""
    return await c.execute("DELETE FROM webhooks WHERE id = $1", hook_id) == 1


async def note_success(c: Connection, hook_id: str, *, expires_at: int | None) -> None:
    """The hook took an event: nothing speaks against it, and it lives on."""
    ends = _NEVER if expires_at is None else expires_at
    await c.execute("UPDATE webhooks SET failures = 0, expires_at = $2 WHERE id = $1", hook_id, ends)


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


def _webhook(row: Row) -> Webhook:
    events: list[dict[str, Any]] = json.loads(row["events"])
    return Webhook(
        id=row["id"],
        callback=row["callback"],
        events=tuple(Subscription(id=each["id"], event=each["event"]) for each in events),
        enabled=bool(row["enabled"]),
        failures=row["failures"],
        expires_at=None if row["expires_at"] == _NEVER else row["expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        face=row["face"],
        sealed_secret=row["sealed_secret"],
    )
