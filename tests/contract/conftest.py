"""One broker with one emulator for each test of what its clients see."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.clock import FrozenClock, SystemClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.databases import database_url as database_url
from tests.databases import empty_database_url as empty_database_url
from tests.databases import empty_postgres_url as empty_postgres_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import own_postgres as own_postgres
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.stage import Stage, staged


@pytest.fixture
async def emulator() -> AsyncIterator[MicrosoftPeer]:
    async with running_microsoft() as peer:
        yield peer


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator) as running:
        yield running


@pytest.fixture
async def browser(broker: RunningBroker) -> AsyncIterator[Browser]:
    async with broker.browser() as one:
        yield one


@pytest.fixture
async def alice(browser: Browser) -> Browser:
    """Her browser, signed in."""
    assert (await browser.sign_in("alice")).status == 303
    return browser


@pytest.fixture
async def program(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Something that calls the broker and is no browser: without a cookie of its own."""
    async with broker.browser() as one:
        yield one


@pytest.fixture
def now() -> FrozenClock:
    """A clock that stands at the present, since the emulator has the machine's."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A broker whose every row, alarm and call is watched, and two browsers."""
    async with staged(tmp_path) as one:
        yield one
