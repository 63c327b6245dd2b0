"""A receiver, and a broker that tells it: on both engines where the test asks for `stage`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.callers import emulator as emulator
from tests.databases import database_url as database_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.databases import store as store
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.stage import Stage, staged


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def stage(tmp_path: Path, receiver: Receiver, database_url: str) -> AsyncIterator[Stage]:
    async with staged(tmp_path, receiver, database=database_url) as one:
        yield one


@pytest.fixture
async def simple(tmp_path: Path, receiver: Receiver, sqlite_url: str) -> AsyncIterator[Stage]:
    """On SQLite alone, for what no engine makes a difference to."""
    async with staged(tmp_path, receiver, database=sqlite_url) as one:
        yield one
