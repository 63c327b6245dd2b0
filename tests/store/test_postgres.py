"""What is peculiar to a server: connections break, it goes away and comes back, and there may be several of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg  # type: ignore[import-untyped] # it brings no annotations
import pytest

from broker.errors import StoreUnavailable
from broker.store.base import Store
from broker.store.migrate import migrate
from broker.store.users import insert_user, lock_user_row, user
from tests.databases import POSTGRES_MISSING, open_test_store
from tests.postgres_server import PostgresServer, wheel_folder
from tests.store.rows import a_user, stored_user, written

pytestmark = pytest.mark.postgres


@pytest.fixture
async def postgres_store(postgres_url: str) -> AsyncIterator[Store]:
    store = await open_test_store(postgres_url)
    yield store
    await store.close()


@pytest.fixture
async def administrator(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
def read_only_postgres() -> Iterator[PostgresServer]:
    if wheel_folder() is None:
        pytest.skip(POSTGRES_MISSING)
    server = PostgresServer(settings={"default_transaction_read_only": "on"})
    server.start()
    yield server
    server.remove()


async def fill_the_pool(store: Store, count: int = 5) -> None:
    """So many connections, all idle afterwards."""
    everybody_is_in = asyncio.Barrier(count)

    async def hold() -> None:
        async with store.transaction():
            await everybody_is_in.wait()

    await asyncio.gather(*(hold() for _ in range(count)))


async def terminate_all(administrator: asyncpg.Connection) -> int:
    return int(
        await administrator.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


async def test_connections_that_broke_while_idle_fail_no_request(
    postgres_store: Store, administrator: asyncpg.Connection
) -> None:
    alice = await stored_user(postgres_store)
    for _ in range(3):
        await fill_the_pool(postgres_store)
        assert await terminate_all(administrator) == 5
        async with postgres_store.read() as c:
            assert await user(c, alice.id) == alice
        await fill_the_pool(postgres_store)
        assert await terminate_all(administrator) == 5
        await stored_user(postgres_store)


async def test_a_lookup_whose_connection_breaks_is_asked_again(
    postgres_store: Store, administrator: asyncpg.Connection
) -> None:
    alice = await stored_user(postgres_store)
    async with postgres_store.read() as c:
        assert await user(c, alice.id) == alice
        assert await terminate_all(administrator) > 0
        assert await user(c, alice.id) == alice
        assert await c.fetch_all("SELECT id FROM users") == [{"id": alice.id}]


async def test_a_transaction_whose_connection_breaks_fails_whole_and_the_next_one_works(
    postgres_store: Store, administrator: asyncpg.Connection
) -> None:
    alice, bob = a_user(), a_user()
    with pytest.raises(StoreUnavailable):
        await written(
            postgres_store,
            lambda c: insert_user(c, alice),
            lambda _: terminate_all(administrator),
            lambda c: insert_user(c, bob),
        )
    with pytest.raises(StoreUnavailable):  # at the commit: never repeated
        await written(postgres_store, lambda c: insert_user(c, alice), lambda _: terminate_all(administrator))
    carol = await stored_user(postgres_store)
    async with postgres_store.read() as c:
        assert [row["id"] for row in await c.fetch_all("SELECT id FROM users")] == [carol.id]


async def test_a_server_that_stopped_is_told_at_once_and_used_again_when_it_is_back(
    own_postgres: PostgresServer,
) -> None:
    store = await open_test_store(own_postgres.url())
    await migrate(store)
    alice = await stored_user(store)
    await fill_the_pool(store)
    own_postgres.stop()
    async with asyncio.timeout(2):
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.ping()
            with pytest.raises(StoreUnavailable):
                await stored_user(store)
    own_postgres.start()
    await store.ping()
    bob = await stored_user(store)
    async with store.read() as c:
        assert await user(c, alice.id) == alice
        assert await user(c, bob.id) == bob
    await store.close()


async def test_a_server_that_is_away_at_the_first_host_is_sought_at_the_next(own_postgres: PostgresServer) -> None:
    url = own_postgres.url().replace("host=", "host=%2Fnowhere,") + "&target_session_attrs=read-write"
    store = await open_test_store(url)
    await store.ping()
    await store.close()


async def test_the_host_is_chosen_by_what_it_may_do(
    own_postgres: PostgresServer, read_only_postgres: PostgresServer
) -> None:
    hosts = ",".join(server.url().partition("host=")[2] for server in (read_only_postgres, own_postgres))
    # Neither is a standby, and then "prefer" takes the first.
    for wanted, read_only in (("read-write", "off"), ("read-only", "on"), ("any", "on"), ("prefer-standby", "on")):
        store = await open_test_store(f"postgresql://postgres@/postgres?host={hosts}&target_session_attrs={wanted}")
        async with store.read() as c:
            row = await c.fetch_one("SELECT current_setting('default_transaction_read_only') AS read_only")
        assert row == {"read_only": read_only}
        await store.close()


async def test_an_answer_that_does_not_come_is_not_waited_for(
    postgres_store: Store, administrator: asyncpg.Connection
) -> None:
    alice = await stored_user(postgres_store)
    async with administrator.transaction():
        await administrator.execute("SELECT 1 FROM users FOR UPDATE")
        with pytest.raises(StoreUnavailable, match="in time"):
            async with postgres_store.transaction(patience=0.1) as c:
                await lock_user_row(c, alice.id)
    async with asyncio.timeout(5):
        await stored_user(postgres_store)


async def test_a_deadlock_ends_one_of_the_two_and_may_be_tried_again(postgres_store: Store) -> None:
    alice, bob = await stored_user(postgres_store), await stored_user(postgres_store)
    both_hold_one = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> bool:
        async with postgres_store.transaction() as c:
            await lock_user_row(c, first)
            await both_hold_one.wait()
            await lock_user_row(c, second)
        return True

    answers = await asyncio.gather(lock(alice.id, bob.id), lock(bob.id, alice.id), return_exceptions=True)
    assert answers.count(True) == 1
    (lost,) = [answer for answer in answers if answer is not True]
    assert isinstance(lost, StoreUnavailable)
    assert "deadlock" in lost.detail


async def test_no_transaction_of_a_frozen_replica_keeps_its_locks_for_good(
    postgres_store: Store, administrator: asyncpg.Connection
) -> None:
    async with postgres_store.read() as c:
        row = await c.fetch_one("SELECT current_setting('idle_in_transaction_session_timeout') AS seconds")
    assert row == {"seconds": "1min"}


async def test_the_details_of_a_duplicate_which_quote_values_stay_out_of_the_error(postgres_store: Store) -> None:
    alice = await stored_user(postgres_store)
    with pytest.raises(Exception, match="users_pkey") as raised:
        await written(postgres_store, lambda c: insert_user(c, alice))
    assert alice.id not in str(raised.value)
