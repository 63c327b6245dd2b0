from collections.abc import AsyncIterator

import pytest

from tests.emulator.client import Client
from tests.peers.microsoft import MicrosoftPeer, microsoft_emulator

__all__ = ["client", "microsoft_emulator"]


@pytest.fixture
async def client(microsoft_emulator: MicrosoftPeer) -> AsyncIterator[Client]:
    """A client application and its browser, in front of a fresh emulator."""
    async with Client.open(microsoft_emulator) as opened:
        yield opened
