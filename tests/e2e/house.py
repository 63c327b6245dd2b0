"""Broker, Microsoft's emulator and the demo application, all real, and the people who walk through them in Chromium.

A visitor is one browser profile. Whatever the browser itself complains about on the way (a content security policy
that had to stop something, an exception in a script, a file that is missing) fails the test in the end.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebError, expect

from broker.clock import Clock
from broker.demo.app import create_app as create_demo
from tests.brokers import RunningBroker, running_broker
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.servers import loopback_socket, port_of, serving

REFUSED = "Failed to load resource: the server responded with a status of 4"
"""Chromium notes every 401 of `GET /me`, and the 400 of an error page. Nothing else may stand in its console."""
SIGN_IN_LINK = "Sign in with Microsoft"
_VISITORS: list[BrowserContext] = []


@dataclass(frozen=True, kw_only=True)
class House:
    """The addresses, each without a slash at its end."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    demo: str

    def start_url(self, **parameters: str) -> str:
        """Where a sign-in begins that ends at the demo."""
        query = {"provider": "microsoft", "redirect_to": f"{self.demo}/", **parameters}
        return f"{self.broker.url}/thirdparty/auth?{urlencode(query)}"

    def logout_url(self) -> str:
        """The broker's page that asks, and returns to the demo."""
        return f"{self.broker.url}/logout?{urlencode({'return_to': f'{self.demo}/'})}"


@asynccontextmanager
async def running_house(
    base_dir: Path, *, changes: Mapping[str, Any] | None = None, clock: Clock | None = None
) -> AsyncIterator[House]:
    """The three until the block ends, on ports of their own.

    Visitors leave before the house closes: a page that still asks something would complain that nobody answers.
    """
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(loopback_socket())
        demo = f"http://localhost:{port_of(listener)}"
        emulator = await stack.enter_async_context(running_microsoft())
        mine = {
            "server.public.cors.allow_origins": [demo],
            "third_party.error_redirect_url": f"{demo}/",
            "third_party.allowed_redirect_urls": [f"{demo}/**"],
        }
        broker = await stack.enter_async_context(
            running_broker(base_dir=base_dir, emulator=emulator, changes={**mine, **(changes or {})}, clock=clock)
        )
        application = create_demo(
            broker_url=broker.url, app_url=demo, issuer=broker.url, audience=broker.config.session_audience[0]
        )
        await stack.enter_async_context(serving(application, listener, lifespan=True))
        stack.push_async_callback(see_off_visitors)
        yield House(broker=broker, emulator=emulator, demo=demo)


async def see_off_visitors() -> None:
    """Close every visitor's browser profile: what they look at is about to go."""
    for context in _VISITORS:
        await context.close()


@asynccontextmanager
async def visitor(chromium: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser profile of its own; the options are Playwright's."""
    context = await chromium.new_context(**options)
    context.set_default_timeout(15_000)
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REFUSED):
            complaints.append(message.text)

    def catch(error: WebError) -> None:
        complaints.append(str(error.error))

    context.on("console", hear)
    context.on("weberror", catch)
    _VISITORS.append(context)
    try:
        yield context
    finally:
        _VISITORS.remove(context)
        await context.close()
    assert complaints == [], complaints


async def pick(page: Page, name: str) -> None:
    """Choose a person on the emulator's sign-in page."""
    await page.get_by_role("button", name=name, exact=True).click()


async def sign_in(page: Page, house: House, name: str) -> None:
    """The whole way, as somebody with a mouse goes it; ends when the demo greets the person."""
    await page.goto(house.demo)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await pick(page, name)
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def session_token(context: BrowserContext) -> str | None:
    """The value of the session cookie that this browser carries."""
    found = [cookie["value"] for cookie in await context.cookies() if cookie.get("name") == "hanko"]
    assert len(found) <= 1
    return found[0] if found else None


async def is_valid(house: House, token: str) -> bool:
    """Whether the broker takes this session token, whoever brings it."""
    async with house.broker.browser() as client:
        answer = await client.send("POST", "/sessions/validate", json={"session_token": token})
    return b'"is_valid":true' in answer.body.replace(b" ", b"")


async def photograph(page: Page, name: str) -> None:
    """Keep a picture in the folder of `BROKER_TEST_SCREENSHOTS`, where that is set."""
    folder = os.environ.get("BROKER_TEST_SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, animations="disabled")
