"""Who stands around the broker of a test: Microsoft behind it, a browser and a program in front. Fixtures to import."""

from collections.abc import AsyncIterator

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.peers.microsoft import MicrosoftPeer, running_microsoft


@pytest.fixture
async def emulator() -> AsyncIterator[MicrosoftPeer]:
    async with running_microsoft() as peer:
        yield peer


@pytest.fixture
async def browser(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Somebody's browser, without a cookie yet."""
    async with broker.browser() as one:
        yield one


@pytest.fixture
async def program(broker: RunningBroker) -> AsyncIterator[Browser]:
    """Something that calls the broker and is no browser: without a cookie of its own."""
    async with broker.browser() as one:
        yield one
