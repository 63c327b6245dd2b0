"""What most commands work on: the configuration, and the database that it names."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from broker.clock import SystemClock
from broker.config.load import LoadedConfig, load
from broker.config.sections.config import Config
from broker.crypto import SecretKeys
from broker.events.listening import ListenedStore, Listener
from broker.foundation import PARTS, open_database, secret_keys
from broker.models.events import AuditEntry
from broker.store.base import Connection, Store

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An open database under a configuration."""

    config: Config
    store: Store
    clock: SystemClock
    base_dir: Path

    async def secrets(self) -> SecretKeys:
        """The deployment's secrets. Raises `ConfigError`, `StoreUnavailable`."""
        return await secret_keys(self.config, self.store, base_dir=self.base_dir)


def load_config(path: Path) -> LoadedConfig:
    """The configuration, wholly checked. Raises `ConfigError` with every mistake."""
    return load(path, os.environ, parts=PARTS)


def with_database(path: Path, work: Callable[[Opened], Awaitable[Answer]]) -> Answer:
    """Load, open, work, close. Raises what each of them raises."""
    loaded = load_config(path)

    async def run() -> Answer:
        store = await open_database(loaded.config, base_dir=loaded.base_dir)
        try:
            opened = Opened(
                config=loaded.config,
                store=ListenedStore(store, _Webhooks(loaded.config, store)),
                clock=SystemClock(),
                base_dir=loaded.base_dir,
            )
            return await work(opened)
        finally:
            await store.close()

    return asyncio.run(run())


class _Webhooks:
    """Webhooks are told of what a command changes, too; a server does the telling.

    What it takes is imported by the first change: most commands make none.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._outbox: Listener | None = None

    async def before_commit(self, connection: Connection, entries: Sequence[AuditEntry]) -> Callable[[], None] | None:
        """As `events/webhooks/outbox`."""
        if self._outbox is None:
            self._outbox = self._made()
        return await self._outbox.before_commit(connection, entries)

    def _made(self) -> Listener:
        from broker.telling import outbox_of

        return outbox_of(self._config, self._store, SystemClock())
