"""SQLite: one file, one process that serves, and whoever else opens the file beside it (the command line).

WAL, so that nobody who reads waits for somebody who writes. `synchronous=FULL`: a commit is on the disk before it is
acknowledged; NORMAL saves 50 µs of CPU and the wait for the disk, and loses acknowledged sessions when power fails.
Two connections: one looks things up, one writes; write blocks follow one another behind a lock, each from
BEGIN IMMEDIATE to its end. What may take long (commit with its fsync and checkpoint, deletes, changes of the schema)
runs in the one writer thread. The rest, single rows by an index, runs where it is asked for: 5 µs against the 25 to
100 µs of a hop to a thread and back, and a sign-in asks a dozen times.
"""

import asyncio
import contextlib
import functools
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from broker.errors import StoreUnavailable
from broker.store.base import PATIENCE, Connection, Engine, Row, Value
from broker.store.blocks import OpenBlocks, Progress, ensure_reading, ensure_storable
from broker.store.sqlite_file import is_busy, open_connections, translated
from broker.store.thread import WorkerThread

Answer = TypeVar("Answer")

_QUICK = ("INSERT", "UPDATE")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05


class SqliteStore:
    """A store in one SQLite file."""

    engine: Engine = "sqlite"

    def __init__(self, reader: sqlite3.Connection, writer: sqlite3.Connection, thread: WorkerThread) -> None:
        self._reader = reader
        self._writer = writer
        self._thread = thread
        self._turn = asyncio.Lock()
        self._blocks = OpenBlocks()
        self._closed = False

    @classmethod
    async def open(cls, path: Path) -> "SqliteStore":
        """Open the file, creating it (mode 0600) if it is not there. Raises `StoreUnavailable`."""
        thread = WorkerThread("sqlite-writer")
        try:
            reader, writer = await thread.run(functools.partial(open_connections, path))
        except BaseException:
            thread.stop()
            raise
        return cls(reader, writer, thread)

    @property
    def open_blocks(self) -> int:
        """How many blocks hold a connection, or wait for one, at this moment."""
        return len(self._blocks)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """See `base.Store`."""
        self._ensure_open()
        block = self._blocks.enter()
        try:
            yield _Reading(self._reader)
        finally:
            self._blocks.leave(block)

    @contextlib.asynccontextmanager
    async def transaction(self, *, patience: float = PATIENCE) -> AsyncIterator[Connection]:
        """See `base.Store`."""
        self._ensure_open()
        block = self._blocks.enter()
        try:
            async with self._writers_turn(patience):
                connection = _Writing(self._writer, self._thread)
                try:
                    yield connection
                    await connection.commit()
                finally:
                    connection.end()
        finally:
            self._blocks.leave(block)

    async def ping(self) -> None:
        """See `base.Store`."""
        async with self.read() as c:
            await c.fetch_one("SELECT count(*) AS tables FROM sqlite_master")

    async def close(self) -> None:
        """Wait for the transaction that is open, then close the file."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._turn.acquire()
        await self._thread.run(self._writer.close)
        self._thread.stop()
        self._reader.close()
        self._turn.release()  # whoever still waits for a turn learns now that there is none

    @contextlib.asynccontextmanager
    async def _writers_turn(self, patience: float) -> AsyncIterator[None]:
        """Be the only writer: of this process by a lock, of all processes by BEGIN IMMEDIATE."""
        try:
            async with asyncio.timeout(patience):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreUnavailable(f"no turn to write within {patience:g} s") from error
        try:
            self._ensure_open()
            await _patiently(self._begin, patience)
            yield
        finally:
            self._turn.release()

    def _begin(self) -> None:
        if self._writer.in_transaction:  # rolling it back failed then, with the disk perhaps
            self._writer.execute("ROLLBACK")
        self._writer.execute("BEGIN IMMEDIATE")

    def _ensure_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store was closed")


class _Reading:
    """A connection for looking things up, without a thread: in WAL nothing makes it wait but a recovery."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        rows = await self.fetch_all(sql, *arguments)
        return rows[0] if rows else None

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        ensure_reading(sql)
        return await _patiently(_statement(self._connection, sql, arguments, _rows), PATIENCE)

    async def execute(self, sql: str, *arguments: Value) -> int:
        ensure_reading(sql)
        return len(await self.fetch_all(sql, *arguments))


class _Writing:
    """The connection of one transaction, from its beginning to its end."""

    def __init__(self, connection: sqlite3.Connection, thread: WorkerThread) -> None:
        self._connection = connection
        self._thread = thread
        self._progress = Progress((sqlite3.Error,), translated)

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        rows = await self.fetch_all(sql, *arguments)
        return rows[0] if rows else None

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        with self._progress.one_statement():
            return _statement(self._connection, sql, arguments, _rows)()

    async def execute(self, sql: str, *arguments: Value) -> int:
        with self._progress.one_statement():
            job = _statement(self._connection, sql, arguments, _count)
            return job() if sql.startswith(_QUICK) else await self._thread.run(job)

    async def commit(self) -> None:
        with self._progress.one_statement():
            await self._thread.run(lambda: self._connection.execute("COMMIT"))

    def end(self) -> None:
        """Whatever happened: nothing stays open, and nobody writes through this connection any more."""
        self._progress.end()
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _statement(
    connection: sqlite3.Connection,
    sql: str,
    arguments: tuple[Value, ...],
    collect: Callable[[sqlite3.Cursor], Answer],
) -> Callable[[], Answer]:
    """The statement as something to be called, in whichever thread."""
    ensure_storable(arguments)
    text, order = _with_question_marks(sql)
    values = [arguments[index] for index in order]
    return lambda: collect(connection.execute(text, values))


def _rows(cursor: sqlite3.Cursor) -> Sequence[Row]:
    rows = cursor.fetchall()  # all of them: a statement left half way would keep the transaction from ending
    if not rows:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _count(cursor: sqlite3.Cursor) -> int:
    cursor.fetchall()
    return max(cursor.rowcount, 0)  # -1 where rows make no sense


@functools.lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> tuple[str, tuple[int, ...]]:
    """`$n` becomes `?`, and the order in which the arguments are then wanted.

    Not `?n`: Python 3.12.0 to 3.12.3 warn about a sequence of arguments for those.
    """
    order = tuple(int(number) - 1 for number in re.findall(r"\$(\d+)", sql))
    return re.sub(r"\$\d+", "?", sql), order


async def _patiently(attempt: Callable[[], Answer], patience: float) -> Answer:
    """Try, and while another process is in the way try again, without keeping the event loop from its work."""
    pause, waited = _FIRST_PAUSE, 0.0
    while True:
        try:
            return attempt()
        except sqlite3.Error as error:
            if not is_busy(error):
                raise translated(error) from error
            if waited >= patience:
                raise StoreUnavailable(f"another process held the database for {patience:g} s") from error
        await asyncio.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_PAUSE)
