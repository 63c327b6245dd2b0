"""What a session read and a commit cost, on both engines: CPU of this process, and the time until the answer.

With PostgreSQL the server's own work is in another process and not counted; the driver's, here, is. Where there is
no PostgreSQL its lines are left out.
"""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from broker.store import sessions, users
from broker.store.base import Store
from broker.store.migrate import migrate
from broker.store.open import open_store
from tests.postgres_server import PostgresServer, wheel_folder
from tests.store.rows import NOW, a_session, a_user

Figure = tuple[str, float, str]

READS, COMMITS = 4_000, 400


async def run() -> list[Figure]:
    """The figures: name, value, unit."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        figures += await _figures_of(f"sqlite:///{Path(folder) / 'bench.db'}")
    named = os.environ.get("BROKER_TEST_POSTGRES_URL")
    if named:
        figures += await _figures_of(named)
    elif wheel_folder() is not None:
        server = PostgresServer()
        try:
            server.start()
            figures += await _figures_of(server.url())
        finally:
            server.remove()
    return figures


async def _figures_of(url: str) -> list[Figure]:
    store = await open_store(url, pool_min=1, pool_max=5, base_dir=Path.cwd())
    try:
        await migrate(store)
        return await _measured(store)
    finally:
        await store.close()


async def _measured(store: Store) -> list[Figure]:
    alice = a_user()
    own = a_session(alice.id)
    async with store.transaction() as c:
        await users.insert_user(c, alice)
        await sessions.insert_session(c, own)
    used_at = NOW

    async def read_session() -> None:
        async with store.read() as c:
            assert await sessions.session(c, own.id) is not None

    async def commit_one_change() -> None:
        nonlocal used_at
        used_at += 1
        async with store.transaction() as c:
            await sessions.touch_session(c, own.id, now=used_at)

    async def sign_in() -> None:
        async with store.transaction() as c:
            await users.lock_user_row(c, alice.id)
            await sessions.insert_session(c, a_session(alice.id))
            await sessions.evict_oldest(c, alice.id, keep=5, now=NOW)

    figures = await _each(f"{store.engine} session read", READS, read_session)
    figures += await _each(f"{store.engine} commit", COMMITS, commit_one_change)
    figures += await _each(f"{store.engine} commit of three statements", COMMITS, sign_in)
    async with store.transaction() as c:
        await users.delete_user(c, alice.id)
    return figures


async def _each(name: str, count: int, work: Callable[[], Awaitable[None]]) -> list[Figure]:
    for _ in range(count // 10):
        await work()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(count):
        await work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return [(f"{name}, CPU", cpu / count * 1e6, "µs"), (f"{name}, time", wall / count * 1e6, "µs")]
