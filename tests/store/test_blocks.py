"""What `read()` and `transaction()` promise, on both engines."""

import asyncio

import pytest

from broker.errors import NotUnique, StoreError, StoreUnavailable
from broker.store.base import Connection, Store
from broker.store.users import insert_user, lock_user_row, user
from tests.databases import open_test_store
from tests.store.rows import NOW, a_user, stored_user, written


async def test_what_a_block_wrote_is_there_when_it_ends(store: Store) -> None:
    alice = a_user()
    async with store.transaction() as c:
        await insert_user(c, alice)
    async with store.read() as c:
        assert await user(c, alice.id) == alice


async def test_a_block_that_raises_leaves_nothing(store: Store) -> None:
    alice = a_user()

    async def fails(_c: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await written(store, lambda c: insert_user(c, alice), fails)
    async with store.read() as c:
        assert await user(c, alice.id) is None


async def test_a_row_is_a_mapping_and_arguments_may_come_in_any_order(store: Store) -> None:
    alice = await stored_user(store)
    async with store.read() as c:
        row = await c.fetch_one(
            "SELECT id, name FROM users WHERE created_at = $2 AND id = $1 AND updated_at = $2", alice.id, NOW
        )
    assert row is not None
    assert dict(row) == {"id": alice.id, "name": "Alice Alder"}
    assert {**row} == dict(row)


async def test_execute_answers_how_many_rows_changed(store: Store) -> None:
    alice, _ = await stored_user(store), await stored_user(store)
    async with store.transaction() as c:
        assert await c.execute("UPDATE users SET picture = $1", "p") == 2
        assert await c.execute("UPDATE users SET picture = $1 WHERE id = $2", "q", "nobody") == 0
        assert await c.execute("DELETE FROM users WHERE id = $1", alice.id) == 1


async def test_a_duplicate_key_is_not_unique(store: Store) -> None:
    alice = await stored_user(store)
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await insert_user(c, alice)


async def test_a_row_that_points_nowhere_is_an_error_of_another_kind(store: Store) -> None:
    with pytest.raises(StoreError) as raised:
        async with store.transaction() as c:
            await c.execute(
                "INSERT INTO identities (id, user_id, provider, subject_key, subject, provider_client_id, emulator,"
                " created_at, last_sign_in_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                *("i", "nobody", "p", "k", "s", "c", False, NOW, NOW),
            )
    assert not isinstance(raised.value, NotUnique | StoreUnavailable)


async def test_an_error_that_was_swallowed_still_ends_the_block(store: Store) -> None:
    """PostgreSQL would answer the commit with a quiet rollback, SQLite would commit the rest."""
    alice, bob = await stored_user(store), a_user()

    async def inserts_bob(c: Connection) -> None:
        await insert_user(c, bob)

    async def swallows(c: Connection) -> None:
        with pytest.raises(NotUnique):
            await insert_user(c, alice)

    for steps in ((inserts_bob, swallows), (swallows, inserts_bob)):
        with pytest.raises(StoreError, match="failed before"):
            await written(store, *steps)
    async with store.read() as c:
        assert await user(c, bob.id) is None


async def test_a_connection_is_of_no_use_after_its_block(store: Store) -> None:
    kept: list[Connection] = []
    async with store.transaction() as c:
        kept.append(c)
    with pytest.raises(StoreError, match="has ended"):
        await insert_user(kept[0], a_user())


async def test_a_task_holds_one_block_at_a_time(store: Store) -> None:
    async with store.transaction() as c:
        with pytest.raises(RuntimeError, match="already holds"):
            async with store.read():
                pass
        await insert_user(c, a_user())
    async with store.read():
        with pytest.raises(RuntimeError, match="already holds"):
            async with store.transaction():
                pass
        assert store.open_blocks == 1
    assert store.open_blocks == 0


async def test_a_read_block_only_looks_things_up(store: Store) -> None:
    alice = await stored_user(store)
    for statement in ("DELETE FROM users", "UPDATE users SET name = NULL RETURNING id"):
        async with store.read() as c:
            with pytest.raises(RuntimeError, match="only looks"):
                await c.execute(statement)
            with pytest.raises(RuntimeError, match="only looks"):
                await c.fetch_all(statement)
    async with store.read() as c:
        assert await user(c, alice.id) == alice


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d of a pair"])
async def test_text_that_one_engine_cannot_hold_is_refused_by_both(store: Store, text: str) -> None:
    with pytest.raises(StoreError, match="NUL"):
        async with store.transaction() as c:
            await insert_user(c, a_user(name=text))
    with pytest.raises(StoreError, match="NUL"):
        async with store.read() as c:
            await user(c, text)


async def test_any_other_text_comes_back_as_it_was(store: Store) -> None:
    name = "Zoë 'O\"Brien' \\ $1 ? % \u202e \U0001f600 \x7f\x01"
    alice = await stored_user(store, name=name)
    async with store.read() as c:
        found = await user(c, alice.id)
    assert found is not None
    assert found.name == name


async def test_a_task_cancelled_in_its_block_leaves_nothing_open(store: Store) -> None:
    alice = a_user()
    written = asyncio.Event()

    async def never_ends() -> None:
        async with store.transaction() as c:
            await insert_user(c, alice)
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction() as c:
        assert await user(c, alice.id) is None
    assert store.open_blocks == 0


async def test_a_task_cancelled_while_it_waits_for_a_lock_leaves_nothing_open(store: Store) -> None:
    alice = await stored_user(store)
    locked, release = asyncio.Event(), asyncio.Event()

    async def holds_the_lock() -> None:
        async with store.transaction() as c:
            await lock_user_row(c, alice.id)
            locked.set()
            await release.wait()

    async def waits_for_it() -> None:
        async with store.transaction() as c:
            await lock_user_row(c, alice.id)

    holder = asyncio.create_task(holds_the_lock())
    await locked.wait()
    waiting = [asyncio.create_task(waits_for_it()) for _ in range(4)]
    await asyncio.sleep(0.05)  # their statements are under way; sooner or later, the outcome is the same
    assert store.open_blocks == 5
    for task in waiting[:3]:
        task.cancel()
    answers = await asyncio.gather(*waiting[:3], return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)
    release.set()
    await holder
    await waiting[3]
    assert store.open_blocks == 0


async def test_a_task_cancelled_at_any_moment_leaves_nothing_open(store: Store) -> None:
    """Wherever it was, at its commit too: the rows of a block are all there or none is, and others go on."""
    alice, bob = a_user(), a_user()

    async def both() -> None:
        async with store.transaction() as c:
            await insert_user(c, alice)
            await insert_user(c, bob)

    moments, completed = 0, False
    while not completed:
        moments += 2
        task = asyncio.create_task(both())
        for _ in range(moments):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        completed = not task.cancelled()
        async with store.transaction() as c:
            there = [await user(c, each.id) is not None for each in (alice, bob)]
            assert there in ([True, True], [False, False])
            await c.execute("DELETE FROM users")
    assert store.open_blocks == 0


async def test_waiting_for_a_turn_has_an_end(database_url: str) -> None:
    store = await open_test_store(database_url, pool_max=1)
    try:
        began, release = asyncio.Event(), asyncio.Event()

        async def holds_everything() -> None:
            async with store.transaction():
                began.set()
                await release.wait()

        holder = asyncio.create_task(holds_everything())
        await began.wait()
        with pytest.raises(StoreUnavailable):
            async with store.transaction(patience=0.05):
                pass
        release.set()
        await holder
        async with store.transaction(patience=0.5):
            pass
    finally:
        await store.close()


async def test_64_transactions_at_once_all_complete_on_a_pool_of_5(store: Store) -> None:
    users = [a_user() for _ in range(64)]

    async def sign_in(index: int) -> None:
        async with store.transaction() as c:
            await insert_user(c, users[index])
            await asyncio.sleep(0)
            assert await lock_user_row(c, users[index].id) is not None
        async with store.read() as c:
            assert await user(c, users[index].id) is not None

    async with asyncio.timeout(30):
        await asyncio.gather(*(sign_in(index) for index in range(64)))


async def test_ping_answers_and_a_closed_store_does_not(store: Store) -> None:
    await store.ping()
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.ping()
    with pytest.raises(StoreUnavailable):
        async with store.transaction():
            pass
