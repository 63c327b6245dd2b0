from typing import Any

from broker.models.events import AuditEntry
from broker.store.audit import delete_entries_before, entries, insert_entry
from broker.store.base import Store
from tests.store.rows import NOW, an_id


def an_entry(**changes: Any) -> AuditEntry:
    return AuditEntry(**{"id": an_id(), "type": "user.signed_in", "created_at": NOW, **changes})


async def test_an_entry_comes_back_as_it_was_written(store: Store) -> None:
    entry = an_entry(
        user_id="u",
        session_id="s",
        identity_id="i",
        actor="admin:key",
        request_id="r",
        detail={"from": "Zoë\x00", "count": 3, "linked": True, "none": None},
    )
    async with store.transaction() as c:
        await insert_entry(c, entry)
    async with store.read() as c:
        assert await entries(c) == [entry]


async def test_entries_come_newest_first_and_page_by_page(store: Store) -> None:
    written = [an_entry(user_id="even" if index % 2 == 0 else "odd") for index in range(6)]
    async with store.transaction() as c:
        for entry in written:
            await insert_entry(c, entry)
    async with store.read() as c:
        assert await entries(c) == written[::-1]
        page = await entries(c, limit=4)
        assert page + await entries(c, after=page[-1].id) == written[::-1]
        assert await entries(c, user_id="odd") == written[5::-2]
        assert await entries(c, user_id="odd", after=written[5].id, limit=1) == [written[3]]


async def test_entries_that_are_too_old_are_dropped(store: Store) -> None:
    async with store.transaction() as c:
        for at in (NOW - 2, NOW - 1, NOW):
            await insert_entry(c, an_entry(created_at=at))
        assert await delete_entries_before(c, NOW) == 2
        assert [entry.created_at for entry in await entries(c)] == [NOW]
