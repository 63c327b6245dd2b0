"""One broker with one emulator for each test of what its clients see."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.clock import FrozenClock, SystemClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.callers import browser as browser
from tests.callers import emulator as emulator
from tests.callers import program as program
from tests.databases import database_url as database_url
from tests.databases import empty_database_url as empty_database_url
from tests.databases import empty_postgres_url as empty_postgres_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import own_postgres as own_postgres
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.peers.microsoft import MicrosoftPeer
from tests.stage import Stage, staged


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator) as running:
        yield running


@pytest.fixture
async def alice(browser: Browser) -> Browser:
    """Her browser, signed in."""
    assert (await browser.sign_in("alice")).status == 303
    return browser


@pytest.fixture
def now() -> FrozenClock:
    """A clock that stands at the present, since the emulator has the machine's."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A broker whose every row, alarm and call is watched, and two browsers."""
    async with staged(tmp_path) as one:
        yield one
