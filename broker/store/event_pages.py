"""Kept events as a list that programs follow: each has a place in it, and a reader asks for what is behind one.

A place is given after the commit, under a lock: what a reader has not seen never appears before what it has. Events of
one user, and of one organization, stand in the order of their commits.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broker.models.webhooks import OutboxEvent
from broker.store.base import Connection, Row, Value
from broker.store.outbox import take_turn

_NOBODY = ""
"""Whose turn it is to give places: a user that there is none of."""
_COLUMNS = "seq, id, face, name, type, occurred_at, user_id, content, organization_id, kept_until"


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What is asked for. Times are seconds: from `begins_at`, to before `ends_at`; `names` empty means none at all."""

    face: str
    names: Sequence[str]
    organization_id: str | None = None
    begins_at: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """Some events in the order that was asked for; whether there are more behind and before them."""

    events: tuple[OutboxEvent, ...]
    more_behind: bool
    more_before: bool


async def has_unplaced(c: Connection) -> bool:
    """Whether something was committed that has no place yet."""
    return await c.fetch_one("SELECT seq FROM outbox WHERE place IS NULL AND kept_until > 0 LIMIT 1") is not None


async def give_places(c: Connection, *, now: int) -> int:
    """Give a place to everything that was committed without one; answers to how many. One transaction at a time."""
    await take_turn(c, _NOBODY, now=now)
    return await c.execute(
        "UPDATE outbox SET place = placed.place FROM ("
        "SELECT seq, (SELECT COALESCE(MAX(o.place), 0) FROM outbox o WHERE o.place IS NOT NULL)"
        " + ROW_NUMBER() OVER (ORDER BY seq) AS place FROM outbox WHERE place IS NULL AND kept_until > 0"
        ") AS placed WHERE outbox.seq = placed.seq"
    )


async def place_of(c: Connection, event_id: str) -> int | None:
    """Where an event stands, if it is still kept."""
    row = await c.fetch_one("SELECT place FROM outbox WHERE id = $1 AND place IS NOT NULL", event_id)
    return None if row is None else row["place"]


async def page(
    c: Connection,
    wanted: EventFilter,
    *,
    behind: int | None,
    before: int | None,
    newest_first: bool,
    limit: int,
    now: int,
) -> EventPage:
    """The first `limit` events behind a place, or the last ones before another, in the order that was asked for."""
    backwards = before is not None and behind is None
    where, arguments = _conditions(wanted, now=now)

    async def some(beyond: int | None, *, ascending: bool, most: int) -> Sequence[Row]:
        sign, order = (">", "ASC") if ascending else ("<", "DESC")
        n = len(arguments)
        limits = "" if beyond is None else f" AND place {sign} ${n + 2}"
        text = f"SELECT place, {_COLUMNS} FROM outbox WHERE {where}{limits} ORDER BY place {order} LIMIT ${n + 1}"  # noqa: S608
        return await c.fetch_all(text, *arguments, most, *(() if beyond is None else (beyond,)))

    ascending = newest_first == backwards
    found = await some(before if backwards else behind, ascending=ascending, most=limit + 1)
    rows, further = list(found[:limit]), len(found) > limit
    started = (before if backwards else behind) is not None
    nearer = started and bool(rows) and bool(await some(rows[0]["place"], ascending=not ascending, most=1))
    if backwards:
        rows.reverse()
    return EventPage(
        events=tuple(_event(row) for row in rows),
        more_behind=nearer if backwards else further,
        more_before=further if backwards else nearer,
    )


def _conditions(wanted: EventFilter, *, now: int) -> tuple[str, list[Value]]:
    arguments: list[Value] = []
    parts = ["place IS NOT NULL"]

    def given(value: Value) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    parts.append(f"kept_until > {given(now)}")
    parts.append(f"face = {given(wanted.face)}")
    parts.append(_one_of("name", wanted.names, given))
    if wanted.organization_id is not None:
        parts.append(f"organization_id = {given(wanted.organization_id)}")
    if wanted.begins_at is not None:
        parts.append(f"occurred_at >= {given(wanted.begins_at)}")
    if wanted.ends_at is not None:
        parts.append(f"occurred_at < {given(wanted.ends_at)}")
    return " AND ".join(parts), arguments


def _one_of(column: str, values: Sequence[str], given: Callable[[Value], str]) -> str:
    return f"{column} IN ({', '.join(map(given, values))})" if values else "1 = 0"


def _event(row: Row) -> OutboxEvent:
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
