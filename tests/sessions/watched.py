"""A real store whose lookups a test can hold in its hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.errors import StoreUnavailable
from broker.store.base import PATIENCE, Connection, Engine, Store


class WatchedStore:
    """A store whose lookups are counted, held up (`gate`), made to fail, or made to end `together` with another's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_down = False
        self.together: asyncio.Barrier | None = None

    @property
    def engine(self) -> Engine:
        return self._store.engine

    @property
    def open_blocks(self) -> int:
        return self._store.open_blocks

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        self.reads += 1
        await self.gate.wait()
        if self.is_down:
            raise StoreUnavailable("down")
        async with self._store.read() as c:
            yield c
        if self.together is not None:
            await self.together.wait()

    @asynccontextmanager
    async def transaction(self, *, patience: float = PATIENCE) -> AsyncIterator[Connection]:
        async with self._store.transaction(patience=patience) as c:
            yield c

    async def ping(self) -> None:
        await self._store.ping()

    async def close(self) -> None:
        await self._store.close()
