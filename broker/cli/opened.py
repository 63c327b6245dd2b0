"""What most commands work on: the configuration, and the database that it names."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from broker.clock import SystemClock
from broker.config.load import LoadedConfig, load
from broker.config.sections.config import Config
from broker.crypto import SecretKeys
from broker.foundation import PARTS, open_database, secret_keys
from broker.store.base import Store

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
                store=_listened(loaded.config, store),
                clock=SystemClock(),
                base_dir=loaded.base_dir,
            )
            return await work(opened)
        finally:
            await store.close()

    return asyncio.run(run())


def _listened(config: Config, store: Store) -> Store:
    """Webhooks are told of what a command changes, too; a server does the telling."""
    from broker.events.listening import ListenedStore
    from broker.events.webhooks.outbox import Outbox
    from broker.settings import hooks_of, poster_of
    from broker.web.hanko.flow.surface import SURFACE
    from broker.web.hanko.webhook_names import names

    clock = SystemClock()
    hooks = hooks_of(config, store, clock, poster_of(config))
    return ListenedStore(store, Outbox(hooks, clock, names={SURFACE: names}, wake=lambda: None))
