"""Opening a SQLite file, and what its errors mean to us. Nothing here awaits; `sqlite` calls it from its thread."""

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from broker.errors import NotUnique, StoreError, StoreUnavailable

_OLDEST_LIBRARY = (3, 37, 0)  # STRICT tables; RETURNING came with 3.35
_BUSY_MS = 5_000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOTADB,
    }
)
_DUPLICATE = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})


def open_connections(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """A connection to look things up and one to write, on a file that only its owner may read.

    Raises `StoreUnavailable` with a sentence about what is in the way.
    """
    if sqlite3.sqlite_version_info < _OLDEST_LIBRARY:
        oldest = ".".join(map(str, _OLDEST_LIBRARY))
        raise StoreUnavailable(f"SQLite {oldest} or later is needed, this Python brings {sqlite3.sqlite_version}")
    opened: list[sqlite3.Connection] = []
    try:
        _create(path)
        for statement in ("PRAGMA foreign_keys = ON", "PRAGMA query_only = ON"):
            opened.append(_connect(path))
            opened[-1].execute(statement)
        writer, reader = opened
        _ensure_writable(writer)
        # Waiting for another process is done without blocking the event loop, see `sqlite`.
        for connection in opened:
            connection.execute("PRAGMA busy_timeout = 0")
    except (sqlite3.Error, OSError) as error:
        for connection in opened:
            connection.close()
        raise StoreUnavailable(f"the database {path} cannot be opened: {_sentence(error)}") from error
    return reader, writer


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds what we need, so that waiting may help."""
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def translated(error: sqlite3.Error) -> StoreError:
    """The error by our names. SQLite's messages name tables and columns, never values."""
    if getattr(error, "sqlite_errorcode", None) in _DUPLICATE:
        return NotUnique(str(error))
    if _primary_code(error) in _UNAVAILABLE:
        return StoreUnavailable(f"SQLite: {error}")
    return StoreError(f"SQLite: {error}")


def _create(path: Path) -> None:
    """Make the file before SQLite does: with mode 0600, which its companions (-wal, -shm) take over."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        timeout=_BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,  # two threads take turns; SQLite itself is built for that (threadsafety 3)
        cached_statements=256,
    )
    try:
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """The switch needs the file for itself for a moment, and SQLite does not always wait for that by itself."""
    for _ in range(_BUSY_MS // 10):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        else:
            if mode == "wal":
                return
        time.sleep(0.01)
    raise OSError("it cannot be switched to WAL: another program holds it, or the file system does not allow it")


def _ensure_writable(writer: sqlite3.Connection) -> None:
    """SQLite opens a file it may not write for reading and says nothing."""
    try:
        writer.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
    else:
        writer.execute("ROLLBACK")


def _sentence(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _primary_code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
