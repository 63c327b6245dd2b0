"""A store that says how long its blocks took: for metrics, around any engine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from broker.store.base import PATIENCE, Connection, Engine, Store

Observe = Callable[[str, float], None]
"""Told `read` or `transaction`, and seconds."""


class MeteredStore:
    """The same store, observed."""

    def __init__(self, store: Store, observe: Observe) -> None:
        self._store = store
        self._observe = observe

    @property
    def engine(self) -> Engine:
        """The engine below."""
        return self._store.engine

    @property
    def open_blocks(self) -> int:
        """As the store's own."""
        return self._store.open_blocks

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """As the store's own."""
        began = perf_counter()
        try:
            async with self._store.read() as connection:
                yield connection
        finally:
            self._observe("read", perf_counter() - began)

    @asynccontextmanager
    async def transaction(self, *, patience: float = PATIENCE) -> AsyncIterator[Connection]:
        """As the store's own."""
        began = perf_counter()
        try:
            async with self._store.transaction(patience=patience) as connection:
                yield connection
        finally:
            self._observe("transaction", perf_counter() - began)

    async def ping(self) -> None:
        """As the store's own."""
        await self._store.ping()

    async def close(self) -> None:
        """As the store's own."""
        await self._store.close()
