"""authkit-js on another site than the broker, in a browser that blocks third-party cookies, as most do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.contract.hanko.browser.place import walker
from tests.contract.workos.browser.pages import COOKIE, STORAGE
from tests.contract.workos.browser.place import forced, ready, running_place, sign_in, who

pytestmark = [pytest.mark.browser, pytest.mark.npm]
ALICE = "alice@alder.example"


@pytest.fixture
async def context(strict_chromium: Browser) -> AsyncIterator[BrowserContext]:
    async with walker(strict_chromium, ignore_https_errors=True) as one:
        yield one


async def test_storage_of_the_page_keeps_a_session_where_cookies_are_blocked(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, other_site=True) as place:
        await sign_in(page, place.page(STORAGE))
        await page.reload()
        await ready(page)

        assert (await who(page), await forced(page)) == (ALICE, "")


async def test_cookie_mode_signs_in_but_does_not_outlive_a_reload_where_cookies_are_blocked(
    tmp_path: Path, page: Page
) -> None:
    async with running_place(tmp_path, other_site=True) as place:
        await sign_in(page, place.page(COOKIE))
        assert await who(page) == ALICE
        await page.reload()
        await ready(page)

        assert await who(page) is None
