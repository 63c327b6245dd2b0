"""A page on another site than the broker, in a browser that blocks third-party cookies: the header is what works."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.elsewhere import running_elsewhere
from tests.contract.hanko.browser.pages import CLASSIC_SDK
from tests.contract.hanko.browser.place import MICROSOFT, heard, opened, press, walker
from tests.e2e.house import pick

pytestmark = [*IN_BROWSER, pytest.mark.npm]


@pytest_asyncio.fixture(loop_scope="session")
async def context(strict_chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that blocks third-party cookies."""
    async with walker(strict_chromium, ignore_https_errors=True) as one:
        yield one


async def hosts_with_session(context: BrowserContext) -> list[str | None]:
    return [cookie.get("domain") for cookie in await context.cookies() if cookie.get("name") == "hanko"]


async def test_session_in_the_header_works_on_another_site(tmp_path: Path, context: BrowserContext, page: Page) -> None:
    async with running_elsewhere(tmp_path, {"enable_auth_token_header": True}) as place:
        await opened(page, place.bare("hanko-login"))
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await heard(page, "hanko-session-created")
        assert (await page.evaluate("hanko.validateSession()"))["is_valid"]
        token = await page.evaluate("hanko.getSessionToken()")
        assert await place.is_valid(token)
        # The page's own cookie; ours would be a third party's.
        assert await hosts_with_session(context) == [urlsplit(place.app).hostname]
        await opened(page, place.bare("hanko-profile"))
        await expect(page.get_by_text("alice@alder.example").first).to_be_visible()
        await page.evaluate("hanko.logout()")
        assert not await place.is_valid(token)


async def test_session_in_a_cookie_is_not_kept_on_another_site(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    async with running_elsewhere(tmp_path, {"cookie": {"same_site": "none"}}) as place:
        await opened(page, place.bare("hanko-login"))
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await heard(page, "hanko-session-created")
        assert await page.evaluate("hanko.validateSession()") == {"is_valid": False}
        assert await hosts_with_session(context) == []


async def test_classic_sdk_works_on_another_site_by_the_header(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    async with running_elsewhere(tmp_path, {"enable_auth_token_header": True, "delivery": "token"}) as place:
        await opened(page, place.bare(bundle=CLASSIC_SDK))
        await page.evaluate("{ hanko.thirdParty.auth('microsoft', location.href) }")
        await pick(page, "Alice Alder")
        await page.wait_for_function("window.hanko !== undefined")
        await page.evaluate("hanko.token.validate()")
        assert (await page.evaluate("hanko.user.getCurrent()"))["email"] == "alice@alder.example"
        assert await hosts_with_session(context) == [urlsplit(place.app).hostname]
        await page.evaluate("hanko.user.logout()")
        assert await hosts_with_session(context) == []
