"""One broker that serves two applications and both other faces, whose every kind of token is there to be misused."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.attack.applications.victims import SETTINGS
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.callers import emulator as emulator
from tests.callers import program as program
from tests.peers.microsoft import MicrosoftPeer


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=SETTINGS) as running:
        yield running


@pytest.fixture
async def victim(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    async with broker.browser() as one:
        yield one
