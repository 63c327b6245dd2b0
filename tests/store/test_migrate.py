import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest

from broker.clock import FrozenClock
from broker.errors import SchemaMismatch, StoreError
from broker.store.base import Engine, Store
from broker.store.migrate import migrate, migration_names, require_current, status
from tests.databases import open_test_store
from tests.store.processes import child, output_of
from tests.store.rows import NOW


@pytest.fixture
async def empty_store(empty_database_url: str) -> AsyncIterator[Store]:
    store = await open_test_store(empty_database_url)
    yield store
    await store.close()


def test_both_engines_have_the_same_migrations() -> None:
    names = migration_names("sqlite")
    assert names == migration_names("postgres")
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_both_engines_have_the_same_tables_columns_and_indexes() -> None:
    def outline(engine: Engine) -> list[list[str]]:
        folder = files("broker.store") / "migrations" / engine
        text = "\n".join((folder / f"{name}.sql").read_text() for name in migration_names(engine))
        lines = [line.split() for line in text.splitlines() if not line.startswith(")")]
        # Of a column its name: types differ. Of everything else the whole line.
        return [words[:1] if words[0].islower() else words for words in lines if words]

    assert outline("sqlite") == outline("postgres")


async def test_an_empty_database_is_brought_up_to_date_once(empty_store: Store) -> None:
    before = await status(empty_store)
    assert before.applied == before.unknown == []
    assert await migrate(empty_store, FrozenClock(NOW)) == before.pending
    assert await migrate(empty_store) == []
    after = await status(empty_store)
    assert (after.applied, after.pending, after.unknown) == (before.pending, [], [])
    async with empty_store.read() as c:
        rows = await c.fetch_all("SELECT number, name, applied_at FROM schema_migrations ORDER BY number")
    assert [(row["number"], row["applied_at"]) for row in rows] == [
        (number, NOW) for number in range(1, len(before.pending) + 1)
    ]


async def test_an_old_schema_says_what_to_do(empty_store: Store) -> None:
    with pytest.raises(SchemaMismatch, match="broker migrate"):
        await require_current(empty_store)
    await migrate(empty_store)
    await require_current(empty_store)


async def test_a_schema_newer_than_the_program_is_left_alone(store: Store) -> None:
    async with store.transaction() as c:
        await c.execute("INSERT INTO schema_migrations (number, name, applied_at) VALUES (9000, '9000_later', 1)")
    assert (await status(store)).unknown == ["9000_later"]
    with pytest.raises(SchemaMismatch, match="older than the database"):
        await migrate(store)
    with pytest.raises(SchemaMismatch, match="older than the database"):
        await require_current(store)


async def test_a_migration_that_fails_leaves_the_schema_as_it_was(empty_store: Store) -> None:
    async with empty_store.transaction() as c:
        await c.execute("CREATE TABLE sessions (id TEXT)")
    with pytest.raises(StoreError):
        await migrate(empty_store)
    found = await status(empty_store)
    assert found.applied == ["0001_accounts"]
    assert found.pending[0] == "0002_sessions"
    async with empty_store.transaction() as c:
        await c.execute("DROP TABLE sessions")
    assert await migrate(empty_store) == found.pending


async def test_four_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    stores = await asyncio.gather(*(open_test_store(empty_database_url) for _ in range(4)))
    try:
        applied = await asyncio.gather(*(migrate(store) for store in stores))
        assert sorted(name for names in applied for name in names) == (await status(stores[0])).applied
        await require_current(stores[3])
    finally:
        for store in stores:
            await store.close()


async def test_four_processes_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    processes = [await child("bring_up_to_date", empty_database_url) for _ in range(4)]
    outputs = await asyncio.gather(*(output_of(process) for process in processes))
    store = await open_test_store(empty_database_url)
    try:
        assert sorted(" ".join(outputs).split()) == (await status(store)).applied
        await require_current(store)
    finally:
        await store.close()
