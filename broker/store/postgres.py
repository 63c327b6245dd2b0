"""PostgreSQL through a pool of asyncpg, the only place that imports it.

READ COMMITTED; what must follow one another does so by the row locks of the noun modules. Every wait has an end: for
a connection, for an answer, for a lock. A connection that turns out broken is replaced before anything was done on
it: a lookup is asked once more, a transaction begins on another one; a commit whose outcome is unknown is never
repeated. When one connection is lost the others are renewed too, since their server went away with it.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped] # it brings no annotations

from broker.errors import ConfigError, NotUnique, StoreError, StoreUnavailable
from broker.store.base import PATIENCE, Connection, Engine, Row, Value
from broker.store.blocks import OpenBlocks, Progress, ensure_reading, ensure_storable
from broker.store.postgres_url import PostgresAddress, read_postgres_url

_ANSWER_SECONDS = 4.0  # for what waits for no lock: a lookup, BEGIN, ROLLBACK
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # the server was demoted under us
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_ERRORS = (asyncpg.PostgresError, *_LOST)
_UNAVAILABLE_CLASSES = frozenset({"08", "25", "28", "3D", "40", "53", "57", "58"})
"""SQLSTATE: connection, transaction state, authorisation, no such database, rolled back, resources, operator, I/O."""


class PostgresStore:
    """A store in a PostgreSQL database."""

    engine: Engine = "postgres"

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._blocks = OpenBlocks()

    @classmethod
    async def open(cls, url: str, *, pool_min: int, pool_max: int) -> "PostgresStore":
        """Connect. Raises `ConfigError` for a URL that cannot be meant, `StoreUnavailable` naming the host."""
        address = read_postgres_url(url)
        try:
            pool = await asyncpg.create_pool(
                connect=functools.partial(_connect, address),
                init_size=max(1, pool_min),  # one at least, so that a wrong address shows now
                min_size=pool_min,
                max_size=pool_max,
                reset=_keep_as_is,
            )
        except asyncpg.ClientConfigurationError as error:
            raise ConfigError(f"database.url: {error}") from error
        except _ERRORS as error:
            raise StoreUnavailable(f"PostgreSQL at {address.place} cannot be used: {_sentence(error)}") from error
        except ValueError as error:
            raise ConfigError("database.url cannot be read: is something in it not percent-encoded?") from error
        return cls(pool)

    @property
    def open_blocks(self) -> int:
        """How many blocks hold a connection, or wait for one, at this moment."""
        return len(self._blocks)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """See `base.Store`."""
        block = self._blocks.enter()
        try:
            reading = _Reading(self, await self.acquire(PATIENCE))
            try:
                yield reading
            finally:
                await reading.end()
        finally:
            self._blocks.leave(block)

    @contextlib.asynccontextmanager
    async def transaction(self, *, patience: float = PATIENCE) -> AsyncIterator[Connection]:
        """See `base.Store`."""
        block = self._blocks.enter()
        try:
            writing = _Writing(await self._begun(patience), patience)
            try:
                yield writing
                await writing.commit()
            except BaseException as error:
                await self._abandon(writing.connection, error)
                raise
            else:
                await self.release(writing.connection)
            finally:
                writing.progress.end()
        finally:
            self._blocks.leave(block)

    async def ping(self) -> None:
        """See `base.Store`."""
        async with self.read() as c:
            await c.fetch_one("SELECT 1 AS answer")

    async def close(self) -> None:
        """Wait for the blocks that are open, but not for good, then close every connection."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._pool.close()
        except _ERRORS:
            self._pool.terminate()

    async def acquire(self, patience: float) -> Any:
        """A connection of the pool. Raises `StoreUnavailable` when there is none within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                return await self._pool.acquire()
        except _ERRORS as error:
            raise StoreUnavailable(f"no connection to PostgreSQL: {_sentence(error)}") from error

    async def release(self, connection: Any) -> None:
        """Back into the pool, open or closed."""
        await self._pool.release(connection)

    async def renew(self, connection: Any) -> None:
        """Throw this connection away, and replace the others before they are used again."""
        _terminate(connection)
        await self._pool.expire_connections()

    async def _begun(self, patience: float) -> Any:
        """A connection in a transaction. Nothing was done yet: when it proves broken, another one may be tried."""
        for attempts_left in (1, 0):
            connection = await self.acquire(patience)
            try:
                await connection.execute(_BEGIN, timeout=_ANSWER_SECONDS)
            except _ERRORS as error:
                await self.renew(connection)
                if not attempts_left or not _is_lost(error):
                    raise translated(error) from error
            except BaseException:
                _terminate(connection)
                raise
            else:
                return connection
        raise StoreUnavailable("no connection to PostgreSQL")

    async def _abandon(self, connection: Any, error: BaseException) -> None:
        """Roll back; where that is in doubt close the connection, which makes the server do it."""
        cause = error.__cause__ if isinstance(error, StoreError) else error
        if _is_lost(cause):
            await self.renew(connection)
            return
        try:
            await connection.execute("ROLLBACK", timeout=_ANSWER_SECONDS)
            await self.release(connection)
        except _ERRORS:
            await self.renew(connection)
        except BaseException:
            _terminate(connection)
            raise


class _Reading:
    """A connection for looking things up, replaced once for each statement that finds it broken."""

    def __init__(self, store: PostgresStore, connection: Any) -> None:
        self._store = store
        self._connection = connection

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        row = await self._ask("fetchrow", sql, arguments)
        return None if row is None else dict(row)

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        return [dict(row) for row in await self._ask("fetch", sql, arguments)]

    async def execute(self, sql: str, *arguments: Value) -> int:
        return len(await self.fetch_all(sql, *arguments))

    async def end(self) -> None:
        await self._store.release(self._connection)

    async def _ask(self, method: str, sql: str, arguments: tuple[Value, ...]) -> Any:
        ensure_reading(sql)
        ensure_storable(arguments)
        try:
            try:
                return await getattr(self._connection, method)(sql, *arguments, timeout=_ANSWER_SECONDS)
            except _LOST as error:
                if not _is_lost(error):
                    raise
                await self._store.renew(self._connection)
                if isinstance(error, TimeoutError):
                    raise  # it had its time
            self._connection = await self._store.acquire(PATIENCE)
            return await getattr(self._connection, method)(sql, *arguments, timeout=_ANSWER_SECONDS)
        except _ERRORS as error:
            raise translated(error) from error


class _Writing:
    """The connection of one transaction."""

    def __init__(self, connection: Any, patience: float) -> None:
        self.connection = connection
        self.progress = Progress(_ERRORS, translated)
        self._patience = patience

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        with self.progress.one_statement():
            ensure_storable(arguments)
            row = await self.connection.fetchrow(sql, *arguments, timeout=self._patience)
            return None if row is None else dict(row)

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        with self.progress.one_statement():
            ensure_storable(arguments)
            return [dict(row) for row in await self.connection.fetch(sql, *arguments, timeout=self._patience)]

    async def execute(self, sql: str, *arguments: Value) -> int:
        with self.progress.one_statement():
            ensure_storable(arguments)
            tag = await self.connection.execute(sql, *arguments, timeout=self._patience)
            count = tag.rpartition(" ")[2]
            return int(count) if count.isdigit() else 0

    async def commit(self) -> None:
        with self.progress.one_statement():
            tag = await self.connection.execute("COMMIT", timeout=self._patience)
            if tag != "COMMIT":  # PostgreSQL answers ROLLBACK, and no error, to a transaction that had failed
                raise StoreError("the transaction had failed and was rolled back")


def translated(error: Exception) -> StoreError:
    """The error by our names. Of PostgreSQL's text only the message, never the detail, which quotes values."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return NotUnique(f"duplicate key: {error.constraint_name}")
    sqlstate = getattr(error, "sqlstate", None) or ""
    if _is_lost(error) or sqlstate[:2] in _UNAVAILABLE_CLASSES or sqlstate == "55P03":
        return StoreUnavailable(f"PostgreSQL: {_sentence(error)}")
    return StoreError(f"PostgreSQL: {_sentence(error)}")


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncpg.PostgresError):
        return str(error.args[0]) if error.args else type(error).__name__
    return str(error)


def _is_lost(error: BaseException | None) -> bool:
    """Whether the connection is gone or not to be trusted; an argument of the wrong type is no reason."""
    return isinstance(error, _LOST) and not isinstance(error, asyncpg.DataError)


def _terminate(connection: Any) -> None:
    with contextlib.suppress(asyncpg.InterfaceError):  # it was closed and let go already
        connection.terminate()


async def _keep_as_is(_connection: Any) -> None:
    """Our statements leave nothing behind that RESET ALL would clear: that round trip for each block is saved."""


async def _connect(address: PostgresAddress, _dsn: None, **options: Any) -> Any:
    """The first host that can be had. libpq goes on to the next where one is away, starting, or not what was asked."""
    wanted = ("standby", "any") if address.prefers_standby else (None,)
    last: Exception = StoreUnavailable("no host")
    for attributes in wanted:
        for dsn in address.dsns:
            try:
                return await asyncpg.connect(
                    dsn,
                    target_session_attrs=attributes,
                    timeout=address.connect_timeout,
                    server_settings=address.server_settings,
                    ssl=address.ssl_context,
                    **options,
                )
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched) as error:
                last = error
    raise last
