"""`kill -9`: what was acknowledged is there afterwards, whichever process died."""

import asyncio

import pytest

from broker.store.migrate import migrate
from tests.databases import open_test_store
from tests.postgres_server import PostgresServer
from tests.store.processes import child

ROUNDS = 5
ACKNOWLEDGED = 40


async def stored_ids(url: str) -> set[str]:
    """Opened afresh, as after a restart."""
    store = await open_test_store(url)
    try:
        async with store.read() as c:
            return {row["id"] for row in await c.fetch_all("SELECT id FROM users")}
    finally:
        await store.close()


async def read_lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


async def rest_of(process: asyncio.subprocess.Process) -> list[str]:
    output, _ = await process.communicate()
    return [line for line in output.decode().split("\n")[:-1] if line]


async def test_no_acknowledged_row_is_lost_when_the_broker_is_killed(database_url: str) -> None:
    acknowledged: set[str] = set()
    async with asyncio.timeout(60):
        for name in range(ROUNDS):
            process = await child("write_until_killed", database_url, str(name))
            acknowledged.update(await read_lines(process, ACKNOWLEDGED + name))
            process.kill()
            acknowledged.update(await rest_of(process))
    assert "" not in acknowledged
    assert len(acknowledged) >= ROUNDS * ACKNOWLEDGED
    assert acknowledged <= await stored_ids(database_url)


@pytest.mark.postgres
async def test_no_acknowledged_row_is_lost_when_postgresql_is_killed(own_postgres: PostgresServer) -> None:
    url = own_postgres.url()
    store = await open_test_store(url)
    await migrate(store)
    await store.close()
    acknowledged: set[str] = set()
    async with asyncio.timeout(60):
        for name in range(2):
            process = await child("write_until_killed", url, str(name))
            acknowledged.update(await read_lines(process, ACKNOWLEDGED))
            own_postgres.kill()
            acknowledged.update(await rest_of(process))
            own_postgres.start()
            assert acknowledged <= await stored_ids(url)
    assert len(acknowledged) >= 2 * ACKNOWLEDGED
