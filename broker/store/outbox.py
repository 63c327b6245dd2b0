"""Rows of what is to be told: events in the order of their commits, and for each hook how far the telling is.

A hook hears of one user in that order: an event waits until the one before it was delivered or given up.
"""

import json
from collections.abc import Sequence

from broker.models.webhooks import Delivery, OutboxEvent
from broker.store.base import Connection, Row
from broker.store.portions import delete_portion

_DELIVERIES = (
    "SELECT d.hook_id, d.state, d.attempts, d.next_at, d.status, d.failure, d.updated_at,"
    " o.seq, o.id, o.face, o.name, o.type, o.occurred_at, o.user_id, o.content, o.organization_id, o.kept_until"
    " FROM deliveries d JOIN outbox o ON o.seq = d.seq"
)


async def take_turn(c: Connection, user_id: str, *, now: int) -> None:
    """Until our transaction ends nobody else writes about this user. Several users: always in the order of their ids.

    Nothing else may be waited for once it is held, so that two transactions never wait for one another.
    """
    await c.execute(
        "INSERT INTO outbox_turns (user_id, taken_at) VALUES ($1, $2)"
        " ON CONFLICT (user_id) DO UPDATE SET taken_at = excluded.taken_at",
        user_id,
        now,
    )


async def insert_event(c: Connection, event: OutboxEvent, hook_ids: Sequence[str], *, now: int) -> None:
    """Add an event, due at once at each of these hooks."""
    row = await c.fetch_one(
        "INSERT INTO outbox (id, face, name, type, occurred_at, user_id, content, organization_id, kept_until)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING seq",
        event.id,
        event.face,
        event.name,
        event.type,
        event.occurred_at,
        event.user_id,
        json.dumps(event.content, separators=(",", ":")),
        event.organization_id,
        event.kept_until,
    )
    assert row is not None  # noqa: S101 - an INSERT answers its row
    for hook_id in hook_ids:
        await c.execute(
            "INSERT INTO deliveries (seq, hook_id, user_id, state, attempts, next_at, lease_until, updated_at)"
            " VALUES ($1, $2, $3, 'waiting', 0, $4, 0, $4)",
            row["seq"],
            hook_id,
            event.user_id,
            now,
        )


async def hooks_with_work(c: Connection, *, now: int) -> frozenset[str]:
    """The hooks that something may be told to now: one statement for all of them, which leaps from hook to hook."""
    rows = await c.fetch_all(
        "WITH RECURSIVE waiting (hook_id) AS ("
        "SELECT MIN(hook_id) FROM deliveries WHERE state = 'waiting'"
        " UNION ALL SELECT (SELECT MIN(d.hook_id) FROM deliveries d WHERE d.state = 'waiting'"
        " AND d.hook_id > waiting.hook_id) FROM waiting WHERE waiting.hook_id IS NOT NULL)"
        " SELECT hook_id FROM waiting WHERE hook_id IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries e"
        " WHERE e.hook_id = waiting.hook_id AND e.state = 'waiting' AND e.next_at <= $1)",
        now,
    )
    return frozenset(row["hook_id"] for row in rows)


async def due(c: Connection, hook_id: str, *, now: int, limit: int) -> list[Delivery]:
    """What may be told to this hook now and is in nobody's hands: of each user the first that waits."""
    rows = await c.fetch_all(
        f"{_DELIVERIES} WHERE d.hook_id = $1 AND d.state = 'waiting'"  # noqa: S608 - SQL of ours, values are arguments
        " AND d.next_at <= $2 AND d.lease_until <= $2 AND NOT EXISTS"
        " (SELECT 1 FROM deliveries e WHERE e.hook_id = d.hook_id AND e.user_id = d.user_id"
        " AND e.state = 'waiting' AND e.seq < d.seq) ORDER BY d.seq LIMIT $3",
        hook_id,
        now,
        limit,
    )
    return [_delivery(row) for row in rows]


async def take(c: Connection, found: Delivery, *, lease: str, until: int, now: int) -> bool:
    """Take a delivery into one's hands; it counts as attempted. False when somebody else was faster."""
    taken = await c.execute(
        "UPDATE deliveries SET lease = $3, lease_until = $4, attempts = attempts + 1, updated_at = $5"
        " WHERE hook_id = $1 AND seq = $2 AND state = 'waiting' AND lease_until <= $5",
        found.hook_id,
        found.event.seq,
        lease,
        until,
        now,
    )
    return taken == 1


async def note_delivered(c: Connection, hook_id: str, seq: int, *, status: int | None, now: int) -> None:
    """The hook has it, whoever's hands it is in by now."""
    await c.execute(
        "UPDATE deliveries SET state = 'delivered', lease = NULL, lease_until = 0, status = $3, failure = NULL,"
        " updated_at = $4 WHERE hook_id = $1 AND seq = $2",
        hook_id,
        seq,
        status,
        now,
    )


async def note_failed(
    c: Connection, found: Delivery, *, lease: str, next_at: int | None, status: int | None, failure: str, now: int
) -> bool:
    """The hook did not take it: again at `next_at`, never where that is `None`. False when it is in others' hands."""
    noted = await c.execute(
        "UPDATE deliveries SET state = $4, lease = NULL, lease_until = 0, next_at = $5, status = $6, failure = $7,"
        " updated_at = $8 WHERE hook_id = $1 AND seq = $2 AND lease = $3 AND state = 'waiting'",
        found.hook_id,
        found.event.seq,
        lease,
        "given_up" if next_at is None else "waiting",
        now if next_at is None else next_at,
        status,
        failure,
        now,
    )
    return noted == 1


async def unsuccessful(c: Connection, hook_id: str, *, before: int | None, limit: int) -> list[Delivery]:
    """What a hook did not take, given up or still tried; newest first. `before`: the last `seq` of the page before."""
    rows = await c.fetch_all(
        f"{_DELIVERIES} WHERE d.hook_id = $1 AND d.seq < $2 AND d.failure IS NOT NULL AND d.state <> 'delivered'"
        " ORDER BY d.seq DESC LIMIT $3",
        hook_id,
        1 << 62 if before is None else before,
        limit,
    )
    return [_delivery(row) for row in rows]


async def delivery(c: Connection, hook_id: str, event_id: str) -> Delivery | None:
    """The delivery of one event to one hook."""
    row = await c.fetch_one(
        f"{_DELIVERIES} WHERE d.hook_id = $1 AND o.id = $2",
        hook_id,
        event_id,
    )
    return None if row is None else _delivery(row)


async def deliver_again(c: Connection, found: Delivery, *, now: int) -> bool:
    """Begin anew with a delivery, unless it is in somebody's hands at this moment."""
    changed = await c.execute(
        "UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = $3, failure = NULL, status = NULL,"
        " lease = NULL, lease_until = 0, updated_at = $3 WHERE hook_id = $1 AND seq = $2 AND lease_until <= $3",
        found.hook_id,
        found.event.seq,
        now,
    )
    return changed == 1


async def delete_deliveries_of(c: Connection, hook_id: str) -> int:
    """Forget everything that a hook was or would have been told; answers how much."""
    return await c.execute("DELETE FROM deliveries WHERE hook_id = $1", hook_id)


async def delete_told(c: Connection, *, delivered_before: int, any_before: int) -> int:
    """Drop a portion of the deliveries, done ones and others much later, and of old turns; answers how many rows."""
    done, late = "state = 'delivered' AND updated_at < $1", "state IN ('waiting', 'given_up') AND updated_at < $1"
    dropped = await delete_portion(c, "deliveries", done, delivered_before, key="hook_id, seq")
    dropped += await delete_portion(c, "deliveries", late, any_before, key="hook_id, seq")
    return dropped + await delete_portion(c, "outbox_turns", "taken_at < $1", delivered_before, key="user_id")


async def delete_events(c: Connection, *, now: int) -> int:
    """Drop a portion of the events that nobody waits for and that are kept no longer; answers how many."""
    over = "kept_until <= $1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = outbox.seq)"
    return await delete_portion(c, "outbox", over, now, key="seq")


def event_of(row: Row) -> OutboxEvent:
    """The event in a row that has all its columns."""
    return OutboxEvent(
        id=row["id"],
        face=row["face"],
        name=row["name"],
        type=row["type"],
        occurred_at=row["occurred_at"],
        user_id=row["user_id"],
        content=json.loads(row["content"]),
        organization_id=row["organization_id"],
        kept_until=row["kept_until"],
        seq=row["seq"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        hook_id=row["hook_id"],
        event=event_of(row),
        state=row["state"],
        attempts=row["attempts"],
        next_at=row["next_at"],
        status=row["status"],
        failure=row["failure"],
        updated_at=row["updated_at"],
    )
