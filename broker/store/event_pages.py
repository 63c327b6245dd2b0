"""Kept events as a list that programs follow: each has a place in it, and a reader asks for what is behind one.

A place is given after the commit, under a lock: what a reader has not seen never appears before what it has. Events of
one user, and of one organization, stand in the order of their commits.
"""

from broker.models.lists import Part, Seek
from broker.models.webhooks import EventFilter, OutboxEvent
from broker.store.base import Connection
from broker.store.outbox import event_of, take_turn
from broker.store.portions import PORTION
from broker.store.seek import Conditions, seek

_NOBODY = ""
"""Whose turn it is to give places: a user that there is none of."""
_COLUMNS = "seq, id, face, name, type, occurred_at, user_id, content, organization_id, kept_until"


async def has_unplaced(c: Connection) -> bool:
    """Whether something was committed that has no place yet. Every reader asks: the order leads to the small index."""
    row = await c.fetch_one("SELECT seq FROM outbox WHERE place IS NULL AND kept_until > 0 ORDER BY seq LIMIT 1")
    return row is not None


async def give_places(c: Connection, *, now: int) -> int:
    """Give a place to a portion of what was committed without one; answers to how many. One transaction at a time."""
    await take_turn(c, _NOBODY, now=now)
    return await c.execute(
        "UPDATE outbox SET place = placed.place FROM ("
        "SELECT seq, (SELECT COALESCE(MAX(o.place), 0) FROM outbox o WHERE o.place IS NOT NULL)"
        " + ROW_NUMBER() OVER (ORDER BY seq) AS place FROM"
        " (SELECT seq FROM outbox WHERE place IS NULL AND kept_until > 0 ORDER BY seq LIMIT $1) AS next"
        ") AS placed WHERE outbox.seq = placed.seq",
        PORTION,
    )


async def place_of(c: Connection, event_id: str) -> int | None:
    """Where an event stands, if it is still kept."""
    row = await c.fetch_one("SELECT place FROM outbox WHERE id = $1 AND place IS NOT NULL", event_id)
    return None if row is None else row["place"]


async def page(c: Connection, wanted: Seek, sought: EventFilter, *, place: int | None, now: int) -> Part[OutboxEvent]:
    """One page. `place` is that of the event which the cursor names."""
    where = Conditions()
    where.add("place IS NOT NULL")
    where.add(f"kept_until > {where.given(now)}")
    where.equal("face", sought.face)
    where.equal("organization_id", sought.organization_id)
    named: list[str] = []
    if sought.organization_id is None:
        # What happens once a month lies between a hundred thousand sign-ins, and is asked for again and again.
        named = [f"name = {where.given(name)}" for name in sought.names]
    else:
        where.one_of("name", sought.names)
    if sought.begins_at is not None:
        where.add(f"occurred_at >= {where.given(sought.begins_at)}")
    if sought.ends_at is not None:
        where.add(f"occurred_at < {where.given(sought.ends_at)}")
    at = None if place is None else (place,)
    found = await seek(c, f"place, {_COLUMNS}", "outbox", where, wanted, key=("place",), place=at, each_of=named)
    return found.holding(map(event_of, found.items))
