"""authkit-js on another host than the broker, by https, in a browser that blocks third-party cookies, as most do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import walker
from tests.contract.workos.applications import CLIENT_ID
from tests.contract.workos.browser.pages import COOKIE, STORAGE
from tests.contract.workos.browser.place import (
    ONE_DOMAIN,
    TWO_SITES,
    forced,
    opened,
    ready,
    running_place,
    sign_in,
    who,
)
from tests.e2e.house import visitor

pytestmark = [*IN_BROWSER, pytest.mark.npm]
ALICE = "alice@alder.example"


@pytest_asyncio.fixture(loop_scope="session")
async def context(strict_chromium: Browser) -> AsyncIterator[BrowserContext]:
    async with walker(strict_chromium, ignore_https_errors=True) as one:
        yield one


async def test_storage_of_the_page_keeps_a_session_where_cookies_are_blocked(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, site=TWO_SITES) as place:
        await sign_in(page, place.page(STORAGE))
        await page.reload()
        await ready(page)

        assert (await who(page), await forced(page)) == (ALICE, "")


async def test_cookie_mode_signs_in_but_does_not_outlive_a_reload_where_cookies_are_blocked(
    tmp_path: Path, page: Page
) -> None:
    async with running_place(tmp_path, site=TWO_SITES) as place:
        await sign_in(page, place.page(COOKIE))
        assert await who(page) == ALICE
        await page.reload()
        await ready(page)

        assert await who(page) is None


async def test_cookie_mode_outlives_a_reload_where_both_are_below_one_domain(
    tmp_path: Path, subdomain_chromium: Browser
) -> None:
    registered = running_place(tmp_path, site=ONE_DOMAIN, cookie_domain="example.test")
    async with registered as place, visitor(subdomain_chromium, ignore_https_errors=True) as context:
        page = await context.new_page()
        await sign_in(page, place.page(COOKIE))
        await page.reload()
        await ready(page)
        assert (await who(page), await forced(page)) == (ALICE, "")
        assert await page.evaluate("document.cookie") == f"workos-has-session={CLIENT_ID}"

        await page.evaluate("returnTo => client.signOut({returnTo})", f"{place.app}/signed-out")
        await page.wait_for_url(f"{place.app}/signed-out")
        await opened(page, place.page(COOKIE))
        assert (await who(page), await page.evaluate("document.cookie")) == (None, "")


async def test_cookie_mode_does_not_outlive_a_reload_without_the_domain_that_both_are_below(
    tmp_path: Path, subdomain_chromium: Browser
) -> None:
    registered = running_place(tmp_path, site=ONE_DOMAIN)
    async with registered as place, visitor(subdomain_chromium, ignore_https_errors=True) as context:
        page = await context.new_page()
        await sign_in(page, place.page(COOKIE))
        await page.reload()
        await ready(page)

        assert await who(page) is None
