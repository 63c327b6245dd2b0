"""Kept events as a list: nobody who follows it misses one, whichever transaction commits first."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.clock import FrozenClock
from broker.events.kept import KeptEvents
from broker.models.lists import Part, Seek
from broker.models.webhooks import EventFilter, OutboxEvent
from broker.store.base import Connection, Row, Store, Value
from broker.store.event_pages import give_places, has_unplaced, page, place_of
from broker.store.outbox import delete_events, insert_event
from broker.store.portions import PORTION
from tests.store.rows import NOW, an_id

FACE = "a face"
KEPT = NOW + 1000
ALL = EventFilter(face=FACE, names=("user.created", "user.updated"))


def an_event(name: str = "user.created", **changes: object) -> OutboxEvent:
    given: dict[str, object] = {
        "id": an_id(),
        "face": FACE,
        "name": name,
        "type": name,
        "occurred_at": NOW,
        "user_id": an_id(),
        "content": {},
        "kept_until": KEPT,
        **changes,
    }
    return OutboxEvent(**given)  # type: ignore[arg-type]


async def written(store: Store, *events: OutboxEvent) -> list[str]:
    """In one transaction, and placed in another."""
    async with store.transaction() as c:
        for event in events:
            await insert_event(c, event, (), now=NOW)
    async with store.transaction() as c:
        await give_places(c, now=NOW)
    return [event.id for event in events]


async def asked(
    store: Store,
    wanted: EventFilter = ALL,
    *,
    behind: str | None = None,
    before: str | None = None,
    newest_first: bool = False,
    limit: int = 10,
    now: int = NOW,
) -> Part[OutboxEvent]:
    cursor = behind or before
    seek = Seek(limit=limit, after=behind, before=before, newest_first=newest_first)
    async with store.read() as c:
        place = None if cursor is None else await place_of(c, cursor) or 0
        return await page(c, seek, wanted, place=place, now=now)


def ids(found: Part[OutboxEvent]) -> Sequence[str]:
    return [event.id for event in found.items]


async def test_events_are_paged_both_ways_in_both_orders(store: Store) -> None:
    one, two, three, four = await written(store, *(an_event() for _ in range(4)))

    first = await asked(store, limit=2)
    assert (ids(first), first.more_before, first.more_after) == ([one, two], False, True)
    second = await asked(store, behind=two, limit=2)
    assert (ids(second), second.more_before, second.more_after) == ([three, four], True, False)
    back = await asked(store, before=four, limit=2)
    assert (ids(back), back.more_before, back.more_after) == ([two, three], True, True)
    newest = await asked(store, newest_first=True, limit=3)
    assert (ids(newest), newest.more_before, newest.more_after) == ([four, three, two], False, True)
    older = await asked(store, behind=two, newest_first=True)
    assert (ids(older), older.more_before, older.more_after) == ([one], True, False)
    newer = await asked(store, before=two, newest_first=True)
    assert (ids(newer), newer.more_before, newer.more_after) == ([four, three], False, True)


async def test_events_are_found_by_name_organization_and_time(store: Store) -> None:
    org = an_id()
    await written(store, an_event(occurred_at=NOW - 10))
    (updated,) = await written(store, an_event("user.updated", organization_id=org, occurred_at=NOW - 5))
    (last,) = await written(store, an_event())

    assert ids(await asked(store, EventFilter(face=FACE, names=("user.updated",)))) == [updated]
    assert ids(await asked(store, EventFilter(face=FACE, names=ALL.names, organization_id=org))) == [updated]
    assert ids(await asked(store, EventFilter(face=FACE, names=ALL.names, begins_at=NOW - 5))) == [updated, last]
    assert ids(await asked(store, EventFilter(face=FACE, names=ALL.names, begins_at=NOW - 5, ends_at=NOW))) == [updated]
    assert ids(await asked(store, EventFilter(face="another", names=ALL.names))) == []


async def test_event_that_was_begun_first_and_committed_last_is_not_missed_by_a_reader_in_between(store: Store) -> None:
    """`seq` is taken when a row is written: by it, a reader of the second one would have passed the first."""
    slow, quick = an_event(), an_event()
    begun, done = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        async with store.transaction() as c:
            await insert_event(c, slow, (), now=NOW)
            begun.set()
            if store.engine == "postgres":
                await done.wait()

    async def quickly() -> None:
        await begun.wait()
        await written(store, quick)
        done.set()

    await asyncio.gather(slowly(), quickly())
    seen = ids(await asked(store))
    await written(store)
    behind = ids(await asked(store, behind=seen[-1]))

    assert sorted([*seen, *behind]) == sorted([slow.id, quick.id])
    assert len(behind) == (1 if store.engine == "postgres" else 0)


async def test_two_servers_never_give_one_place_twice(store: Store) -> None:
    async def server(count: int) -> None:
        for _ in range(count):
            await written(store, an_event())

    await asyncio.gather(*(server(5) for _ in range(4)))
    async with store.read() as c:
        rows = await c.fetch_all("SELECT place FROM outbox ORDER BY place")
    assert [row["place"] for row in rows] == list(range(1, 21))


async def test_what_is_kept_outlives_its_telling_and_goes_when_its_time_is_over(store: Store) -> None:
    (kept,) = await written(store, an_event())
    async with store.transaction() as c:
        await insert_event(c, an_event(kept_until=0), (), now=NOW)
        assert not await has_unplaced(c)
        assert await delete_events(c, now=NOW) == 1
    assert ids(await asked(store)) == [kept]
    assert ids(await asked(store, now=KEPT)) == []
    async with store.transaction() as c:
        assert await delete_events(c, now=KEPT) == 1


async def test_a_reader_whose_event_is_kept_no_longer_begins_anew(store: Store) -> None:
    one, two = await written(store, an_event(), an_event())
    assert ids(await asked(store, behind=an_id())) == [one, two]
    assert ids(await asked(store, before=an_id())) == []


async def test_events_of_several_names_are_one_list_wherever_it_is_read(store: Store) -> None:
    names = ("user.created", "user.updated", "user.deleted")
    events = [an_event(names[number % 7 % 3]) for number in range(24)]
    await written(store, *events)
    for chosen in (names[:1], names[1:], (*names, "never.happens")):
        expected = [event.id for event in events if event.name in chosen]
        wanted = replace(ALL, names=chosen)
        for newest_first in (False, True):
            listed = expected[::-1] if newest_first else expected
            for cursor, at in ((None, -1), *((listed[at], at) for at in (0, 3, len(listed) - 1))):
                found = await asked(store, wanted, behind=cursor, newest_first=newest_first, limit=3)
                assert ids(found) == listed[at + 1 : at + 4]
                assert found.more_before is (cursor is not None and bool(ids(found)))
                assert found.more_after is (at + 4 < len(listed))
                if cursor is not None:
                    found = await asked(store, wanted, before=cursor, newest_first=newest_first, limit=3)
                    assert ids(found) == listed[max(at - 3, 0) : at]


class Explained:
    """A connection that says by which index each statement is answered."""

    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection = connection
        self._explain = "EXPLAIN QUERY PLAN " if store.engine == "sqlite" else "EXPLAIN "
        self.plans: list[str] = []

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        self.plans.append(str(await self._connection.fetch_all(self._explain + sql, *arguments)))
        return await self._connection.fetch_all(sql, *arguments)

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        return next(iter(await self.fetch_all(sql, *arguments)), None)

    async def execute(self, sql: str, *arguments: Value) -> int:
        return await self._connection.execute(sql, *arguments)


@pytest.mark.parametrize(
    ("wanted", "index"), [(ALL, "outbox_named"), (replace(ALL, organization_id=an_id()), "outbox_organization")]
)
async def test_what_happens_seldom_is_not_sought_among_all_that_happens_often(
    store: Store, wanted: EventFilter, index: str
) -> None:
    """A hundred thousand sign-ins lie between two changes of an organization, and a program asks each minute."""
    async with store.transaction() as c:
        if store.engine == "postgres":
            await c.execute("SET LOCAL enable_seqscan = off")  # it reads an empty table whole
        explained = Explained(c, store)
        await page(explained, Seek(after=an_id(), newest_first=False), wanted, place=7, now=NOW)
    assert explained.plans
    for plan in explained.plans:
        assert index in plan


async def test_a_heap_without_places_gets_them_in_order_a_portion_at_a_time(store: Store) -> None:
    """For all at once a statement may be too long: then nobody could read the list again, and the heap would grow."""
    heap = PORTION + 2
    async with store.transaction() as c:
        await c.execute(
            "INSERT INTO outbox (id, face, name, type, occurred_at, user_id, content, kept_until) WITH RECURSIVE"
            " heap (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM heap WHERE n < $1) SELECT CAST(n AS TEXT), 'a face',"
            " 'user.created', 'user.created', $2, 'somebody', '{}', $3 FROM heap",
            heap,
            NOW,
            KEPT,
        )
    async with store.transaction() as c:
        assert await give_places(c, now=NOW) == PORTION
    found = await KeptEvents(store, FrozenClock(NOW)).page(Seek(limit=1), ALL)
    assert ids(found) == [str(heap)]
    async with store.read() as c:
        placed = await c.fetch_all("SELECT place FROM outbox ORDER BY seq")
    assert [row["place"] for row in placed] == list(range(1, heap + 1))
