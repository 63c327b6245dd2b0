"""One broker that serves two registered applications, for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.contract.workos.applications import served
from tests.peers.microsoft import MicrosoftPeer


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=served()) as running:
        yield running


@pytest.fixture
async def broker_at(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> AsyncIterator[tuple[RunningBroker, FrozenClock]]:
    """The same by a clock that stands still."""
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=served(), clock=now) as running:
        yield running, now
