"""Sessions of a provider that knows no sign-out, beside Microsoft, which does: each is treated as its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import bearer, token_of, validated, whoami
from tests.peers.microsoft import MicrosoftPeer
from tests.peers.oidc import CLIENT_ID, CLIENT_SECRET, OidcPeer, running_oidc_peer

SID = "5e55ed00-0000-4000-8000-0000000000aa"
BACK = "http://localhost:8888/bye"


@pytest.fixture
async def peer() -> AsyncIterator[OidcPeer]:
    """A provider whose people have the very `sid` that Microsoft's have."""
    async with running_oidc_peer() as one:
        one.claims["sid"] = SID
        yield one


@pytest.fixture
async def both(tmp_path: Path, emulator: MicrosoftPeer, peer: OidcPeer) -> AsyncIterator[RunningBroker]:
    """A broker of both; signing out goes on to Microsoft."""
    custom = {
        "enabled": True,
        "display_name": "Peer",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "issuer": peer.issuer,
        "use_discovery": True,
    }
    changes = {
        "third_party.custom_providers": {"peer": custom},
        "third_party.providers.microsoft.logout": {"rp_initiated": True},
    }
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def at_peer(browser: Browser, peer: OidcPeer) -> str:
    """Sign in there; answers the session token."""
    page = await browser.start(provider="custom_peer")
    assert page.location is not None
    answer = urlencode({"code": peer.sign_in(page.location), "state": page.query["state"]})
    page = await browser.get(f"/thirdparty/callback/custom_peer?{answer}")
    assert page.location == "http://localhost:8888/", page.location
    return token_of(browser)


async def test_sid_ends_the_sessions_of_its_own_provider_alone(
    both: RunningBroker, peer: OidcPeer, emulator: MicrosoftPeer
) -> None:
    async with both.browser() as here, both.browser() as there, both.browser() as program:
        theirs = await at_peer(here, peer)
        await emulator.claims(set={"sid": SID})
        await there.sign_in("alice")
        assert (await program.get(f"/thirdparty/logout/custom_peer?sid={SID}")).status == 404
        assert [await whoami(program, bearer(each)) for each in (theirs, token_of(there))] == [200, 200]
        assert (await program.get(f"/thirdparty/logout/microsoft?sid={SID}")).status == 200
        assert [await whoami(program, bearer(each)) for each in (theirs, token_of(there))] == [200, 401]


async def test_signing_out_of_it_does_not_go_on_to_microsoft(both: RunningBroker, peer: OidcPeer) -> None:
    async with both.browser() as browser:
        token = await at_peer(browser, peer)
        asks = await browser.get(f"/logout?{urlencode({'return_to': BACK})}")
        assert "also signs you out" not in asks.text
        page = await browser.send("POST", "/logout", data={"return_to": BACK}, headers={"Origin": browser.url})
        assert (page.status, page.location) == (303, BACK)
        assert await validated(browser, token) == {"is_valid": False}
