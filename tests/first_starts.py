"""Databases as a broker leaves them at its first start: tables and signing keys, which cost more than many a test.

A process makes one for each kind of start, keeps it aside, and gives each broker a copy. No two brokers that live at
once get a copy of the same one: what one signed must be a stranger's to the other.
"""

import atexit
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from broker.app import Application
from broker.clock import Clock, FrozenClock
from broker.config.sections.config import Config

DATABASE = "sqlite:///broker.db"
_FILE = "broker.db"
_UNUSED: dict[str, list[Path]] = {}


@asynccontextmanager
async def started_before(config: Config, base_dir: Path, clock: Clock | None) -> AsyncIterator[None]:
    """Until the block ends, the first start of this broker is one that happened already; others are as they were."""
    makes_a_secret = not config.secrets.keys  # which lies beside its database
    if config.database.url.reveal() != DATABASE or makes_a_secret or (base_dir / _FILE).exists():
        yield
        return
    unused = _UNUSED.setdefault(_kind(config, clock), [])
    kept = unused.pop() if unused else await _first_start(config, clock)
    try:
        shutil.copy(kept, base_dir / _FILE)
        yield
    finally:
        unused.append(kept)


def _kind(config: Config, clock: Clock | None) -> str:
    """What a first start depends on: the keys' algorithm, what they are sealed with, and when it happened."""
    secrets = [key.reveal() for key in config.secrets.keys]
    return json.dumps([config.session.jwt.algorithm, secrets, clock.now() if isinstance(clock, FrozenClock) else None])


async def _first_start(config: Config, clock: Clock | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="broker-first-start-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    application = await Application.open(config, base_dir=folder, clock=clock)
    await application.close()
    return folder / _FILE
