"""One broker that serves two applications and both other faces, whose every kind of token is there to be misused."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.attack.applications.victims import SETTINGS
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.peers.microsoft import MicrosoftPeer, running_microsoft


@pytest.fixture
async def emulator() -> AsyncIterator[MicrosoftPeer]:
    async with running_microsoft() as peer:
        yield peer


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=SETTINGS) as running:
        yield running


@pytest.fixture
async def program(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Whoever attacks by program: no cookie of its own."""
    async with broker.browser() as one:
        yield one


@pytest.fixture
async def victim(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    async with broker.browser() as one:
        yield one
