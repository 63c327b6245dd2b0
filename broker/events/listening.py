"""A store whose transactions somebody listens to: what they recorded is told just before they are committed.

So what follows from an event (a webhook that is due) is written in the transaction of the change itself, whoever made
it, and is gone with it when it is rolled back.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from broker.models.events import AuditEntry
from broker.store.base import PATIENCE, Connection, Engine, Row, Store, Value


class Listener(Protocol):
    """Whoever is told."""

    async def before_commit(self, connection: Connection, entries: Sequence[AuditEntry]) -> Callable[[], None] | None:
        """These entries are about to be committed, in the order in which they were recorded. May write, may raise.

        Answers what is to be called once they are committed.
        """
        ...


class ListenedStore:
    """The same store, listened to. Transactions that recorded nothing are none of the listener's business."""

    def __init__(self, store: Store, listener: Listener) -> None:
        self._store = store
        self._listener = listener

    @property
    def engine(self) -> Engine:
        """The engine below."""
        return self._store.engine

    @property
    def open_blocks(self) -> int:
        """As the store's own."""
        return self._store.open_blocks

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """As the store's own."""
        return self._store.read()

    @asynccontextmanager
    async def transaction(self, *, patience: float = PATIENCE) -> AsyncIterator[Connection]:
        """As the store's own."""
        then: Callable[[], None] | None = None
        async with self._store.transaction(patience=patience) as connection:
            listened = _Listened(connection)
            yield listened
            if listened.entries:
                then = await self._listener.before_commit(connection, listened.entries)
        if then is not None:
            then()

    async def ping(self) -> None:
        """As the store's own."""
        await self._store.ping()

    async def close(self) -> None:
        """As the store's own."""
        await self._store.close()


class _Listened:
    """A connection that gathers the entries of its transaction (`events/trail.Listening`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.entries: list[AuditEntry] = []

    def heard(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        return await self._connection.fetch_one(sql, *arguments)

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        return await self._connection.fetch_all(sql, *arguments)

    async def execute(self, sql: str, *arguments: Value) -> int:
        return await self._connection.execute(sql, *arguments)
