"""Signing in, as people do it: with a mouse, in one tab and in two, alone and after somebody else."""

import asyncio
import re

from playwright.async_api import BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import SIGN_IN_LINK, House, is_valid, pick, session_token, sign_in

pytestmark = IN_BROWSER


async def test_one_clicks_picks_a_person_and_is_signed_in(house: House, context: BrowserContext, page: Page) -> None:
    await page.goto(house.demo)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await expect(page).to_have_url(re.compile(rf"^{house.emulator.base_url}/common/oauth2/v2\.0/authorize\?"))
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.locator("#address")).to_have_text("alice@alder.example (verified)")
    await expect(page.locator("#sessions li")).to_have_count(1)
    await expect(page.locator("#whoami")).to_contain_text('"carried_by": "cookie"')
    [cookie] = [one for one in await context.cookies() if one.get("name") == "hanko"]
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Lax", "/")
    assert await page.evaluate("document.cookie") == ""


async def test_backend_takes_the_session_and_changes_something(house: House, page: Page) -> None:
    await sign_in(page, house, "Bob Baker")
    await page.get_by_label("A note of yours").fill("Water the plants")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator("#notes li")).to_have_text("Water the plants")


async def test_cancelling_brings_one_back_with_a_reference(house: House, context: BrowserContext, page: Page) -> None:
    await page.goto(house.demo)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await page.get_by_role("button", name="Cancel").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("You cancelled the sign-in")
    await expect(alert).to_contain_text(re.compile(r"reference [0-9A-HJKMNP-TV-Z]{10}$", re.M))
    await expect(page).to_have_url(f"{house.demo}/")
    # Neither a session nor a trace of the sign-in is left.
    assert [cookie.get("name") for cookie in await context.cookies(house.broker.url)] == []
    await page.get_by_role("button", name="Dismiss").click()
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_two_tabs_that_began_together_both_arrive(house: House, context: BrowserContext) -> None:
    first, second = await context.new_page(), await context.new_page()
    for tab in (first, second):
        await tab.goto(house.demo)
        await tab.get_by_role("link", name=SIGN_IN_LINK).click()
        await expect(tab.get_by_role("heading", name="Pick an account")).to_be_visible()
    await pick(first, "Alice Alder")
    await expect(first.get_by_role("heading", name="Alice Alder")).to_be_visible()
    earlier = await session_token(context)
    await pick(second, "Alice Alder")
    await expect(second.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await first.reload()
    await expect(first.get_by_role("heading", name="Alice Alder")).to_be_visible()
    # One browser, one session: the second sign-in ended the first one's.
    await expect(first.locator("#sessions li")).to_have_count(1)
    assert earlier is not None
    assert not await is_valid(house, earlier)


async def test_two_tabs_that_finish_in_the_same_moment_both_arrive(house: House, context: BrowserContext) -> None:
    tabs = [await context.new_page(), await context.new_page()]
    await asyncio.gather(*(tab.goto(house.start_url()) for tab in tabs))
    await asyncio.gather(*(pick(tab, "Alice Alder") for tab in tabs))
    for tab in tabs:
        await expect(tab).to_have_url(f"{house.demo}/")
        await tab.reload()
        await expect(tab.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_second_person_in_the_same_browser_ends_the_session_of_the_first(
    house: House, context: BrowserContext, page: Page
) -> None:
    await sign_in(page, house, "Alice Alder")
    alices = await session_token(context)
    await page.goto(house.start_url())
    await pick(page, "Bob Baker")
    await expect(page.get_by_role("heading", name="Bob Baker")).to_be_visible()
    bobs = await session_token(context)
    assert alices is not None
    assert bobs is not None
    assert (await is_valid(house, alices), await is_valid(house, bobs)) == (False, True)
    await expect(page.locator("#address")).to_contain_text("bob@")


async def test_next_person_sees_nothing_of_who_signed_out(house: House, context: BrowserContext, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    await page.get_by_label("A note of yours").fill("Alice was here")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator("#notes li")).to_have_count(1)
    await page.get_by_role("button", name="Sign out").click()
    await sign_in(page, house, "Bob Baker")
    await expect(page.get_by_text(re.compile("Alice (Alder|was here)"))).to_have_count(0)
