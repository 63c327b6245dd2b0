"""The client application of these tests: it lives in the event loop of the browser."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.emulator.client import Client
from tests.peers.microsoft import running_microsoft


@pytest_asyncio.fixture(loop_scope="session")
async def client() -> AsyncIterator[Client]:
    """In front of a fresh emulator."""
    async with running_microsoft() as peer, Client.open(peer) as opened:
        yield opened
