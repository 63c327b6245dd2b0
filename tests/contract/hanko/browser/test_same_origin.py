"""A page on the broker's own origin: one proxy before both, and a pattern that spells the page's folder out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.brokers import running_broker
from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.pages import CLASSIC_SDK, pages
from tests.contract.hanko.browser.place import DENIED, MICROSOFT, Place, opened, press, sign_in
from tests.e2e.house import pick, see_off_visitors, session_token
from tests.peers.microsoft import running_microsoft
from tests.servers import loopback_socket, port_of, serving

pytestmark = [*IN_BROWSER, pytest.mark.npm]


def proxy(application: ASGIApp, broker: ASGIApp) -> ASGIApp:
    """`/app/…` is the application's, everything else the broker's."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/app/"):
            await broker(scope, receive, send)
            return
        await application({**scope, "root_path": "/app"}, receive, send)

    return served


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(loopback_socket())
        origin = f"http://localhost:{port_of(listener)}"
        emulator = await stack.enter_async_context(running_microsoft())
        changes = {
            "server.public.cors.allow_origins": [],
            "third_party.error_redirect_url": f"{origin}/app/",
            "third_party.allowed_redirect_urls": [f"{origin}/app/**"],
            "session.jwt": {"algorithm": "ES256"},
        }
        broker = await stack.enter_async_context(
            running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, public_url=origin)
        )
        both = proxy(pages(origin), broker.application.public)
        await stack.enter_async_context(serving(both, listener))
        stack.push_async_callback(see_off_visitors)
        yield Place(broker=broker, emulator=emulator, peer=None, app=f"{origin}/app")


async def test_component_signs_in_and_out_without_a_question_of_cors(
    place: Place, context: BrowserContext, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text(DENIED)).to_be_visible()
    await sign_in(page, place)
    token = await session_token(context)
    assert token is not None
    assert await place.is_valid(token)
    await press(page, "Sign out")
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    assert not await place.is_valid(token)
    assert "OPTIONS" not in asked


async def test_classic_start_ends_at_the_page_with_the_session_in_its_cookie(place: Place, page: Page) -> None:
    await opened(page, place.bare(bundle=CLASSIC_SDK))
    await page.evaluate("{ hanko.thirdParty.auth('microsoft', location.href) }")
    await pick(page, "Alice Alder")
    await page.wait_for_function("window.hanko !== undefined")
    assert page.url == place.bare(bundle=CLASSIC_SDK)
    assert (await page.evaluate("hanko.user.getCurrent()"))["email"] == "alice@alder.example"
