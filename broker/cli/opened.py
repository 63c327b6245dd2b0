"""What most commands work on: the configuration, and the database that it names."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from broker.app import open_database
from broker.clock import SystemClock
from broker.config.load import LoadedConfig, load
from broker.config.sections.config import Config
from broker.crypto import SecretKeys
from broker.errors import ConfigError, ConfigMistake
from broker.store.base import Store
from broker.wiring import secret_keys, wiring_mistakes

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An open database under a configuration."""

    config: Config
    store: Store
    clock: SystemClock
    base_dir: Path

    def secrets(self) -> SecretKeys:
        """The deployment's secrets. Raises `ConfigError`."""
        return secret_keys(self.config, base_dir=self.base_dir)


def load_config(path: Path) -> LoadedConfig:
    """The configuration, wholly checked. Raises `ConfigError` with every mistake."""
    loaded = load(path, os.environ)
    mistakes = [_placed(mistake, loaded) for mistake in wiring_mistakes(loaded.config)]
    if mistakes:
        raise ConfigError(mistakes)
    return loaded


def with_database(path: Path, work: Callable[[Opened], Awaitable[Answer]]) -> Answer:
    """Load, open, work, close. Raises what each of them raises."""
    loaded = load_config(path)

    async def run() -> Answer:
        store = await open_database(loaded.config, base_dir=loaded.base_dir)
        try:
            opened = Opened(config=loaded.config, store=store, clock=SystemClock(), base_dir=loaded.base_dir)
            return await work(opened)
        finally:
            await store.close()

    return asyncio.run(run())


def _placed(mistake: ConfigMistake, loaded: LoadedConfig) -> ConfigMistake:
    """The same mistake with the line that its key stands on."""
    key = mistake.key
    while key not in loaded.sources and "." in key:
        key = key.rpartition(".")[0]
    file, _, line = loaded.sources.get(key, "").rpartition(":")
    if not line.isdigit():
        return mistake
    return ConfigMistake(message=mistake.message, key=mistake.key, hint=mistake.hint, file=file, line=int(line))
