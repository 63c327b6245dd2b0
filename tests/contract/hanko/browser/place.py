"""Where the walks take place: a broker, Microsoft's emulator, a second provider, and an application with its pages."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, expect

from broker.clock import Clock
from tests.brokers import RunningBroker, running_broker
from tests.contract.hanko.browser.pages import ELEMENTS, pages
from tests.e2e.house import pick, see_off_visitors, visitor
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.peers.oidc import CLIENT_ID, CLIENT_SECRET, OidcPeer
from tests.peers.raw_http import Reply
from tests.peers.raw_http import Request as RawRequest
from tests.peers.raw_http import running as running_raw
from tests.servers import loopback_socket, port_of, serving

LOOPBACK = {"localhost", "127.0.0.1"}
MICROSOFT = "Continue with Microsoft"
PEER = "Continue with Peer"
DENIED = "Access denied. The request was cancelled by the user or the provider has denied access for other reasons."
TECHNICAL = "A technical error has occurred. Please try again later."


class ReadyPeer(OidcPeer):
    """A provider at which the person is signed in already: it sends every browser straight back."""

    def __init__(self) -> None:
        super().__init__()
        self.routes["/authorize"] = self._authorize

    def _authorize(self, request: RawRequest) -> Reply:
        asked = parse_qs(urlsplit(request.target).query)
        answer = urlencode({"code": self.sign_in(request.target), "state": asked["state"][0]})
        return Reply(status=302, headers={"Location": f"{asked['redirect_uri'][0]}?{answer}"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """`app` is the address of the application's pages, without a slash at its end."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    peer: ReadyPeer | None
    app: str

    def bare(self, tags: str = "", *, bundle: str = ELEMENTS) -> str:
        """The address of a page that is made of a bundle and nothing else."""
        return f"{self.app}/with/{bundle}/{tags}"

    async def is_valid(self, token: str) -> bool:
        """What a backend learns that asks about this token."""
        async with self.broker.browser() as backend:
            answer = await backend.send("POST", "/sessions/validate", json={"session_token": token})
        return b'"is_valid":true' in answer.body

    async def end_all_sessions(self) -> None:
        """As an operator ends them."""
        broker = self.broker.application.broker
        for profile in await broker.users.list():
            for session in await broker.sessions.list_of(profile.user.id):
                await broker.sessions.end(session.id, user_id=profile.user.id, reason="revoked")


@asynccontextmanager
async def running_place(
    base_dir: Path, *, changes: Mapping[str, Any] | None = None, clock: Clock | None = None, second: bool = False
) -> AsyncIterator[Place]:
    """Until the block ends; the application is on another port of the broker's host."""
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(loopback_socket())
        app = f"http://localhost:{port_of(listener)}"
        emulator = await stack.enter_async_context(running_microsoft())
        peer = await stack.enter_async_context(_running_peer()) if second else None
        mine = {
            "server.public.cors.allow_origins": [app],
            "third_party.error_redirect_url": f"{app}/",
            "third_party.allowed_redirect_urls": [f"{app}/**"],
            "third_party.custom_providers": {} if peer is None else {"peer": _section(peer)},
            "session.jwt": {"algorithm": "ES256"},  # its keys are made in no time
        }
        broker = await stack.enter_async_context(
            running_broker(base_dir=base_dir, emulator=emulator, changes={**mine, **(changes or {})}, clock=clock)
        )
        await stack.enter_async_context(serving(pages(broker.url), listener))
        stack.push_async_callback(see_off_visitors)
        yield Place(broker=broker, emulator=emulator, peer=peer, app=app)


@asynccontextmanager
async def _running_peer() -> AsyncIterator[ReadyPeer]:
    peer = ReadyPeer()
    async with running_raw(peer):
        yield peer


def _section(peer: OidcPeer) -> dict[str, Any]:
    return {
        "enabled": True,
        "display_name": "Peer",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "issuer": peer.issuer,
        "use_discovery": True,
    }


@asynccontextmanager
async def walker(chromium: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser profile whose every request stays on this machine; the options are Playwright's."""
    elsewhere: list[str] = []

    def watch(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.hostname not in LOOPBACK:
            elsewhere.append(request.url)

    async with visitor(chromium, **options) as context:
        context.on("request", watch)
        yield context
    assert elsewhere == []


# Preact runs effects in a task after the next frame; ours is queued behind them, twice.
_SETTLED = """() => new Promise(done => {
    const later = then => requestAnimationFrame(() => setTimeout(then));
    later(() => later(done));
})"""


async def press(page: Page, name: str) -> None:
    """Press the button of a component, which takes up a new state a frame after it shows its text."""
    button = page.get_by_role("button", name=name)
    await expect(button).to_be_enabled()
    await page.evaluate(_SETTLED)
    await button.click()


async def sign_in(page: Page, place: Place, name: str = "Alice Alder") -> None:
    """At the quickstart page, until it greets the person."""
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await pick(page, name)
    await expect(page.get_by_role("heading", name=f"Hello {name}")).to_be_visible()


_COUNTED = """document.addEventListener("hanko-after-state-change", event => {
    window.profiles = (window.profiles ?? 0) + (event.detail.state.name === "profile_init");
})"""


async def at_profile(page: Page, place: Place, name: str = "Alice Alder") -> Locator:
    """Signed in, with the profile before one's eyes.

    The page is loaded anew, and its state waited for twice: the SDK tells of a new session and of each state again
    after half a second, and the component then begins anew, whatever somebody as fast as a test does in it.
    """
    await sign_in(page, place, name)
    await page.add_init_script(_COUNTED)
    await page.reload()
    await page.wait_for_function("window.profiles >= 2")
    profile = page.locator("hanko-profile")
    await expect(profile.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    return profile


async def opened(page: Page, url: str) -> None:
    """Load a bare page, until its script ran."""
    await page.goto(url)
    await page.wait_for_function("window.hanko !== undefined")


async def heard(page: Page, event: str) -> None:
    """Wait for a bare page to have heard the event."""
    await page.wait_for_function("name => window.heard?.includes(name)", arg=event)


async def sign_out(page: Page) -> None:
    """Press the button, once the component has forgotten the state by which it came back from signing in: it does so
    half a second later, and with it whatever somebody as fast as a test has begun meanwhile.
    """
    await page.wait_for_function("localStorage.getItem('hanko-auth-flow-state') === null")
    await press(page, "Sign out")
