from collections.abc import AsyncIterator

import pytest

from tests.peers.microsoft import microsoft_emulator as microsoft_emulator
from tests.peers.oidc import OidcPeer, running_oidc_peer


@pytest.fixture
async def oidc_peer() -> AsyncIterator[OidcPeer]:
    """A neutral OpenID Provider of this test's own."""
    async with running_oidc_peer() as peer:
        yield peer
