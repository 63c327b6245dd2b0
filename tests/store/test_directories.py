"""One GUID a domain: the first is kept, another waits in the same row, and only the one that waits can be accepted."""

from dataclasses import replace

from broker.models.directories import KnownDirectory
from broker.store.base import Store
from broker.store.directories import (
    accept_directory,
    changed_directories,
    directory,
    keep_directory,
    note_other_directory,
)
from tests.store.rows import NOW

KEY = ("microsoft", "global", "alder.example")
OLD, NEW, NEWER = "a1de-old", "b12c-new", "ceda-newer"
FIRST = KnownDirectory(provider=KEY[0], cloud=KEY[1], domain=KEY[2], guid=OLD, first_seen_at=NOW)


async def kept(store: Store, *found: KnownDirectory) -> None:
    async with store.transaction() as c:
        for one in found:
            await keep_directory(c, one)


async def test_the_first_guid_stays(store: Store) -> None:
    await kept(store, FIRST, replace(FIRST, guid=NEW), replace(FIRST, cloud="china", guid=NEW))
    async with store.read() as c:
        assert await directory(c, *KEY) == FIRST
        assert await changed_directories(c) == []
        assert await directory(c, "microsoft", "usgov", "alder.example") is None


async def test_a_change_is_noted_once_in_the_row_that_it_would_change_and_in_no_other(store: Store) -> None:
    async with store.transaction() as c:
        assert not await note_other_directory(c, *KEY, guid=NEW, now=NOW)
    await kept(store, FIRST, replace(FIRST, domain="birch.example"))
    async with store.transaction() as c:
        assert not await note_other_directory(c, *KEY, guid=OLD, now=NOW)
        assert await note_other_directory(c, *KEY, guid=NEW, now=NOW + 1)
        assert not await note_other_directory(c, *KEY, guid=NEW, now=NOW + 2)
        [waiting] = await changed_directories(c)
    assert waiting == replace(FIRST, changed_guid=NEW, changed_at=NOW + 1)


async def test_only_the_change_that_waits_can_be_accepted(store: Store) -> None:
    await kept(store, FIRST)
    async with store.transaction() as c:
        assert not await accept_directory(c, *KEY, guid=NEW, now=NOW)
        await note_other_directory(c, *KEY, guid=NEW, now=NOW)
        await note_other_directory(c, *KEY, guid=NEWER, now=NOW)
        assert not await accept_directory(c, *KEY, guid=NEW, now=NOW)
        assert await accept_directory(c, *KEY, guid=NEWER, now=NOW + 9)
        assert await directory(c, *KEY) == replace(FIRST, guid=NEWER, first_seen_at=NOW + 9)
        assert await changed_directories(c) == []
