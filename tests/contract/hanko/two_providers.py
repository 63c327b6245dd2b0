"""A broker with two providers: Microsoft, and a peer where whoever comes is somebody else each time it is said so."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.hanko.steps import PAGE, VERIFIER, FlowClient
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.peers.oidc import OidcPeer, running_oidc_peer
from tests.providers.parties import peer_section

PEER = "custom_peer"


@dataclass(frozen=True, kw_only=True)
class TwoProviders:
    """The broker, and both parties."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    peer: OidcPeer

    async def through_peer(self, browser: Browser, redirect_url: str, subject: str = "248289") -> Page:
        """From the address that a flow named to the answer of our callback."""
        page = await browser.get(redirect_url)
        assert (page.location or "").startswith(self.peer.base_url), page.location
        asked = {name: values[0] for name, values in parse_qs(urlsplit(page.location or "").query).items()}
        code = self.peer.sign_in(page.location or "", subject=subject)
        return await browser.get(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def signed_in_by_peer(self, browser: Browser, subject: str = "248289") -> dict[str, Any]:
        """A whole login; the state in which it ends."""
        client = FlowClient(browser)
        back = await self.through_peer(browser, await client.to_provider(provider=PEER), subject)
        return await client.exchange(back.query["hanko_token"])


@asynccontextmanager
async def two_providers(
    base_dir: Path, changes: Mapping[str, Any] | None = None, *, database: str = "sqlite:///broker.db"
) -> AsyncIterator[TwoProviders]:
    """Both, until the block ends."""
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(running_microsoft())
        peer = await stack.enter_async_context(running_oidc_peer())
        mine = {
            "third_party.custom_providers": {"peer": peer_section(peer)},
            "session.jwt": {"algorithm": "ES256"},  # its keys are made in no time
            "account": {"allow_deletion": True},
        }
        broker = await stack.enter_async_context(
            running_broker(base_dir=base_dir, emulator=emulator, database=database, changes={**mine, **(changes or {})})
        )
        yield TwoProviders(broker=broker, emulator=emulator, peer=peer)


async def profile_of(browser: Browser, headers: Mapping[str, str] | None = None) -> FlowClient:
    """A profile that is open in this browser."""
    client = FlowClient(browser, headers=dict(headers or {}))
    await client.start("profile")
    await client.run("register_client_capabilities", {})
    return client


async def connect(client: FlowClient, provider: str = PEER, verifier: str | None = VERIFIER) -> str:
    """Press the button of a further provider; the address to which the SDK would navigate."""
    inputs = {"provider": provider, "redirect_to": PAGE, **({"code_verifier": verifier} if verifier else {})}
    state = await client.run("connect_thirdparty_oauth_provider", inputs)
    assert state["name"] == "thirdparty", state
    return str(state["payload"]["redirect_url"])


async def connected(place: TwoProviders, browser: Browser, subject: str = "248289") -> FlowClient:
    """The profile of somebody who has just connected the peer."""
    client = await profile_of(browser)
    back = await place.through_peer(browser, await connect(client), subject)
    await client.exchange(back.query["hanko_token"])
    return client


def providers_in(state: Mapping[str, Any]) -> list[str]:
    """The providers of a profile's identities, as people read them."""
    return sorted(each["provider"] for each in state["payload"]["user"]["identities"])
