"""Signing out: from the application, from the broker's own page, and what other tabs see of it."""

from playwright.async_api import BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import House, is_valid, session_token, sign_in

pytestmark = IN_BROWSER


async def test_signing_out_ends_the_session_for_everybody(house: House, context: BrowserContext, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    copied = await session_token(context)
    assert copied is not None
    assert await is_valid(house, copied)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_focused()
    assert await session_token(context) is None
    assert not await is_valid(house, copied)
    async with house.broker.browser() as client:
        assert (await client.get("/me", Authorization=f"Bearer {copied}")).status == 401


async def test_signing_out_in_one_tab_is_seen_in_the_other(house: House, context: BrowserContext, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    other = await context.new_page()
    await other.goto(house.demo)
    await expect(other.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await other.get_by_label("A note of yours").fill("From the tab that does not know yet")
    await other.get_by_role("button", name="Keep it").click()
    await expect(other.get_by_role("status")).to_have_text("You are not signed in any more.")
    await other.reload()
    await expect(other.get_by_role("status")).to_have_text("You are not signed in.")


async def test_back_button_after_signing_out_shows_nobody(house: House, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await page.goto(house.broker.url)
    await page.go_back()
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
    await expect(page.locator("#signed-in")).to_be_hidden()


async def test_brokers_page_asks_signs_out_and_returns(house: House, context: BrowserContext, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    copied = await session_token(context)
    assert copied is not None
    await page.goto(house.logout_url())
    await expect(page.get_by_role("heading", name="Sign out?")).to_be_visible()
    assert await is_valid(house, copied)  # the link alone did nothing
    # The form's redirect leads to another origin, which `form-action` must name: Chromium enforces it.
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
    assert await session_token(context) is None
    assert not await is_valid(house, copied)


async def test_one_may_stay_signed_in(house: House, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    await page.goto(house.logout_url())
    await page.get_by_role("link", name="Stay signed in").click()
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_brokers_page_without_return_says_that_it_is_done(
    house: House, context: BrowserContext, page: Page
) -> None:
    await sign_in(page, house, "Alice Alder")
    await page.goto(f"{house.broker.url}/logout")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert await session_token(context) is None


async def test_brokers_page_left_open_while_another_tab_signs_out_still_returns(
    house: House, context: BrowserContext, page: Page
) -> None:
    await sign_in(page, house, "Alice Alder")
    asking = await context.new_page()
    await asking.goto(house.logout_url())
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await asking.get_by_role("button", name="Sign out").click()
    await expect(asking).to_have_url(f"{house.demo}/")


async def test_nobody_is_asked_who_is_not_signed_in(house: House, page: Page) -> None:
    await page.goto(house.logout_url())
    await expect(page).to_have_url(f"{house.demo}/")
