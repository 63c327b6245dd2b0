"""Pages of other people in the same browser: what a real Chromium lets them do to somebody who is signed in.

Cookies ignore ports, so a page on another port of this host is the strongest stranger there is: its requests carry
the session cookie, `SameSite` or not. The pages come from a server of their own: one that only Playwright made up
counts as public to Chromium, which then asks nobody on loopback in its name.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from tests.chromium import IN_BROWSER
from tests.e2e.house import House, is_valid, session_token, sign_in
from tests.servers import loopback_socket, port_of, serving

pytestmark = IN_BROWSER

FETCH = "([url, how]) => fetch(url, {credentials: 'include', ...how}).then(() => 'read', () => 'stopped')"
KEPT_FROM_PAGE = "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"
"""It was sent and answered; what the answer was is not for the page to know."""


@dataclass
class Stranger:
    """A site that shows what it is told to; on `localhost` a neighbour of ours, on 127.0.0.1 another site."""

    port: int
    body: str = ""

    def address(self, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse(f"<!doctype html><title>Stranger</title>{self.body}")(scope, receive, send)


@pytest_asyncio.fixture(loop_scope="session")
async def stranger() -> AsyncIterator[Stranger]:
    with loopback_socket() as listener:
        site = Stranger(port_of(listener))
        async with serving(site, listener):
            yield site


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser whose complaints are welcome: that it stops these pages is the point."""
    async with await chromium.new_context() as one:
        yield one


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["same site", "another site"])
async def test_form_of_a_stranger_signs_nobody_out(
    house: House, stranger: Stranger, context: BrowserContext, page: Page, host: str
) -> None:
    await sign_in(page, house, "Alice Alder")
    stranger.body = f'<form method="post" action="{house.broker.url}/logout"><button>Win a prize</button></form>'
    theirs = await context.new_page()
    await theirs.goto(stranger.address(host))
    async with theirs.expect_response(f"{house.broker.url}/logout") as answered:
        await theirs.get_by_role("button", name="Win a prize").click()
    assert (await answered.value).status == 403
    await page.reload()
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_script_of_a_neighbour_reads_nothing_and_ends_nothing(
    house: House, stranger: Stranger, context: BrowserContext, page: Page
) -> None:
    await sign_in(page, house, "Alice Alder")
    token = await session_token(context)
    assert token is not None
    theirs = await context.new_page()
    await theirs.goto(stranger.address())
    for path in ("/me", "/sessions", "/sessions/validate"):
        assert await theirs.evaluate(FETCH, [house.broker.url + path, {}]) == "stopped", path
    async with theirs.expect_event("requestfailed", lambda request: request.url.endswith("/logout")) as failed:
        await theirs.evaluate(FETCH, [f"{house.broker.url}/logout", {"method": "POST", "mode": "no-cors"}])
    assert (await failed.value).failure == KEPT_FROM_PAGE
    assert await is_valid(house, token)


async def test_script_begins_no_sign_in(house: House, context: BrowserContext, page: Page) -> None:
    await page.goto(house.demo)
    async with page.expect_event("requestfailed", lambda request: "/thirdparty/auth" in request.url) as failed:
        await page.evaluate(FETCH, [house.start_url(), {"mode": "no-cors"}])
    assert (await failed.value).failure == KEPT_FROM_PAGE
    assert await context.cookies(house.broker.url) == []
    assert "authorize" not in await house.emulator.counters()


@pytest.mark.parametrize("path", ["/logout", "/", "/thirdparty/auth?provider=microsoft"])
async def test_stranger_cannot_show_our_pages_in_a_frame(
    house: House, stranger: Stranger, context: BrowserContext, page: Page, path: str
) -> None:
    await sign_in(page, house, "Alice Alder")
    stranger.body = f'<iframe src="{house.broker.url}{path}"></iframe>'
    theirs = await context.new_page()
    await theirs.goto(stranger.address())
    [frame] = theirs.frames[1:]
    assert frame.url == "chrome-error://chromewebdata/"
    assert (await house.emulator.counters())["authorize"] == 1  # Alice's own
