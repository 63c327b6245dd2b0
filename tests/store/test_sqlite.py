"""What is peculiar to a file: its mode, other processes, a full disk, and that readers do not wait."""

import asyncio
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from broker.errors import StoreUnavailable
from broker.models.users import User
from broker.store.base import Store
from broker.store.migrate import migrate
from broker.store.users import insert_user, user
from tests.databases import open_test_store
from tests.store.processes import child, output_of
from tests.store.rows import a_user, stored_user


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    store = await open_test_store(sqlite_url)
    yield store
    await store.close()


@pytest.fixture
def other_program(sqlite_url: str) -> Iterator[sqlite3.Connection]:
    """Whoever else opens the file."""
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def read_only_file(sqlite_url: str) -> Iterator[Path]:
    """A migrated file that everybody may read and nobody write, in a folder that is like that too."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "broker.db"
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), path)
    path.chmod(0o444)
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)
    shutil.rmtree(folder)


async def read_user(store: Store, user_id: str) -> User | None:
    async with store.read() as c:
        return await user(c, user_id)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_only_its_owner_may_read_the_file_and_its_companions(tmp_path: Path) -> None:
    store = await open_test_store(f"sqlite:///{tmp_path / 'new.db'}")
    await migrate(store)
    assert modes_in(tmp_path) == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    await store.close()
    assert modes_in(tmp_path) == {"new.db": 0o600}


async def test_every_commit_is_on_the_disk_before_it_is_acknowledged(sqlite_store: Store) -> None:
    async with sqlite_store.transaction() as c:
        journal = await c.fetch_one("SELECT journal_mode FROM pragma_journal_mode")
        synchronous = await c.fetch_one("SELECT synchronous FROM pragma_synchronous")
        foreign_keys = await c.fetch_one("SELECT foreign_keys FROM pragma_foreign_keys")
    assert journal == {"journal_mode": "wal"}
    assert synchronous == {"synchronous": 2}
    assert foreign_keys == {"foreign_keys": 1}


async def test_readers_do_not_wait_for_a_writer_and_see_the_state_before(sqlite_store: Store) -> None:
    alice = a_user()
    written, release = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with sqlite_store.transaction() as c:
            await insert_user(c, alice)
            written.set()
            await release.wait()

    writer = asyncio.create_task(write())
    await written.wait()
    async with asyncio.timeout(1), sqlite_store.read() as c:
        assert await user(c, alice.id) is None
    release.set()
    await writer
    async with sqlite_store.read() as c:
        assert await user(c, alice.id) == alice


async def test_what_another_process_commits_is_seen_at_once(sqlite_store: Store, sqlite_url: str) -> None:
    alice = await stored_user(sqlite_store)
    await output_of(await child("lock_a_user", sqlite_url, alice.id))
    async with sqlite_store.read() as c:
        found = await user(c, alice.id)
    assert found is not None
    assert found.locked_at is not None


async def test_another_process_may_write_while_we_do(sqlite_store: Store, sqlite_url: str) -> None:
    locked = [await stored_user(sqlite_store) for _ in range(3)]
    processes = [await child("lock_a_user", sqlite_url, each.id) for each in locked]
    outputs = asyncio.gather(*(output_of(process) for process in processes))
    ours = 0
    while not outputs.done():
        await stored_user(sqlite_store)
        ours += 1
    await outputs
    async with sqlite_store.read() as c:
        row = await c.fetch_one("SELECT count(*) AS users, count(locked_at) AS locked FROM users")
    assert row == {"users": ours + 3, "locked": 3}


async def test_a_writer_waits_for_another_program_but_not_for_good(
    sqlite_store: Store, other_program: sqlite3.Connection
) -> None:
    alice = await stored_user(sqlite_store)
    other_program.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another process"):
        async with sqlite_store.transaction(patience=0.1):
            pass
    async with sqlite_store.read() as c:
        assert await user(c, alice.id) == alice
    waiting = asyncio.create_task(stored_user(sqlite_store))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    other_program.execute("COMMIT")
    async with asyncio.timeout(5):
        await waiting


async def test_readers_do_not_wait_for_another_program_that_writes(
    sqlite_store: Store, other_program: sqlite3.Connection
) -> None:
    alice = await stored_user(sqlite_store)
    other_program.execute("BEGIN EXCLUSIVE")
    other_program.execute("DELETE FROM users")
    assert await read_user(sqlite_store, alice.id) == alice
    other_program.execute("COMMIT")
    assert await read_user(sqlite_store, alice.id) is None


async def test_a_full_disk_refuses_and_loses_nothing(sqlite_url: str) -> None:
    output = await output_of(await child("fill_the_disk", sqlite_url, "400000"))
    refused, lost = output.splitlines()
    assert refused.startswith("refused: SQLite: ")
    assert lost == "lost: 0"


async def test_a_file_that_may_not_be_written_is_refused_when_opened(read_only_file: Path) -> None:
    output = await output_of(await child("open_without_permission", f"sqlite:///{read_only_file}"))
    assert output.startswith(f"refused: the database {read_only_file} cannot be opened: ")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("missing/broker.db", "No such file or directory"), ("folder", "unable to open"), ("text.db", "not a database")],
)
async def test_what_is_no_database_is_named_when_opened(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("service: name\n" * 100)
    with pytest.raises(StoreUnavailable, match=sentence) as raised:
        await open_test_store(f"sqlite:///{tmp_path / name}")
    assert str(tmp_path / name) in raised.value.detail


async def test_closing_waits_for_the_open_transaction(sqlite_url: str) -> None:
    store = await open_test_store(sqlite_url)
    alice = a_user()
    written, release = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with store.transaction() as c:
            await insert_user(c, alice)
            written.set()
            await release.wait()

    writer = asyncio.create_task(write())
    await written.wait()
    closing = asyncio.create_task(store.close())
    too_late = asyncio.create_task(stored_user(store))
    await asyncio.sleep(0)
    release.set()
    async with asyncio.timeout(5):
        await asyncio.gather(writer, closing)
        with pytest.raises(StoreUnavailable):
            await too_late
    again = await open_test_store(sqlite_url)
    assert await read_user(again, alice.id) == alice
    await again.close()
