"""The callback, come upon in ways that nobody planned: back button, reload, another browser, too late."""

import asyncio
import re
import time
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from broker.clock import FrozenClock
from tests.chromium import IN_BROWSER
from tests.e2e.house import SIGN_IN_LINK, House, is_valid, pick, running_house, session_token, sign_in, visitor

pytestmark = IN_BROWSER

CALLBACK = re.compile(r"/thirdparty/callback\?")


async def at_sign_in_page(page: Page, house: House) -> None:
    await page.goto(house.demo)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()


async def callback_of_sign_in(page: Page, house: House, name: str) -> str:
    """Sign in, and give back the callback URL that was opened on the way."""
    async with page.expect_request(CALLBACK) as opened:
        await sign_in(page, house, name)
    return (await opened.value).url


async def unopened_callback(page: Page, house: House, name: str) -> str:
    """Sign in at the emulator only: the browser stays there, as if the line to the broker were cut."""
    await at_sign_in_page(page, house)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def cut(route: Route) -> None:
        answer = await route.fetch(max_redirects=0)
        await route.fulfill(status=204)
        found.set_result(answer.headers["location"])

    await page.route("**/common/login", cut)
    await pick(page, name)
    callback = await found
    await page.unroute("**/common/login")
    assert CALLBACK.search(callback)
    return callback


async def expect_failure(page: Page, house: House, title: str) -> None:
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(title)
    await expect(alert).to_contain_text(re.compile(r"reference [0-9A-HJKMNP-TV-Z]{10}"))
    await expect(page).to_have_url(f"{house.demo}/")


async def test_callback_opened_again_returns_without_error(house: House, context: BrowserContext, page: Page) -> None:
    callback = await callback_of_sign_in(page, house, "Alice Alder")
    before = await session_token(context)
    answer = await page.goto(callback)
    assert answer is not None
    assert answer.ok
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()
    await expect(page.locator("#sessions li")).to_have_count(1)
    assert await session_token(context) == before
    assert (await house.emulator.counters())["token"] == 1


async def test_back_button_and_the_same_person_again_stays_signed_in(
    house: House, context: BrowserContext, page: Page
) -> None:
    await sign_in(page, house, "Alice Alder")
    before = await session_token(context)
    await page.go_back()
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()
    assert await session_token(context) == before
    # And further back, to the page where it began: it knows by now who is signed in.
    await page.go_back()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_back_button_and_another_person_changes_nobody(house: House, context: BrowserContext, page: Page) -> None:
    await sign_in(page, house, "Alice Alder")
    before = await session_token(context)
    await page.go_back()
    await pick(page, "Bob Baker")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    assert await session_token(context) == before


async def test_callback_opened_again_after_signing_out_is_refused(
    house: House, context: BrowserContext, page: Page
) -> None:
    callback = await callback_of_sign_in(page, house, "Alice Alder")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await page.goto(callback)
    await expect_failure(page, house, "That sign-in was already finished")
    assert await session_token(context) is None


async def test_callback_opened_in_another_browser_is_refused_and_not_used_up(
    house: House, chromium: Browser, page: Page
) -> None:
    callback = await unopened_callback(page, house, "Alice Alder")
    async with visitor(chromium) as other:
        elsewhere = await other.new_page()
        await elsewhere.goto(callback)
        await expect_failure(elsewhere, house, "That took too long")
        assert await session_token(other) is None
    assert "token" not in await house.emulator.counters()
    await page.goto(callback)
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_callback_of_a_stranger_does_not_replace_who_is_signed_in(
    house: House, chromium: Browser, context: BrowserContext, page: Page
) -> None:
    """Login CSRF: Mallory begins a sign-in, and has Alice's browser finish it."""
    await sign_in(page, house, "Alice Alder")
    alices = await session_token(context)
    async with visitor(chromium) as other:
        mallorys = await unopened_callback(await other.new_page(), house, "Mallory Moore")
    await page.goto(mallorys)
    await expect(page.get_by_role("alert")).to_contain_text("That took too long")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    assert await session_token(context) == alices


async def test_cookie_of_another_sign_in_does_not_stand_in(house: House, context: BrowserContext, page: Page) -> None:
    """Somebody who can plant cookies copies a genuine one under the name that the stolen callback asks for."""
    callback = await unopened_callback(page, house, "Alice Alder")
    [wanted] = [cookie for cookie in await context.cookies() if cookie.get("name", "").startswith("signin-")]
    await context.clear_cookies()
    await at_sign_in_page(page, house)
    [genuine] = [cookie for cookie in await context.cookies() if cookie.get("name", "").startswith("signin-")]
    await context.add_cookies(
        [{"name": wanted.get("name", ""), "value": genuine.get("value", ""), "url": house.broker.url}]
    )
    await page.goto(callback)
    await expect_failure(page, house, "That sign-in was begun elsewhere")
    assert await session_token(context) is None


async def test_sign_in_without_its_cookie_is_refused(house: House, context: BrowserContext, page: Page) -> None:
    await at_sign_in_page(page, house)
    await context.clear_cookies()
    await pick(page, "Alice Alder")
    await expect_failure(page, house, "That took too long")
    assert await session_token(context) is None


async def test_sign_in_that_took_eleven_minutes_is_refused_and_begun_anew(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    clock = FrozenClock(int(time.time()))
    async with running_house(tmp_path, clock=clock) as house:
        await at_sign_in_page(page, house)
        clock.advance(601)
        await pick(page, "Alice Alder")
        await expect_failure(page, house, "That took too long")
        await page.get_by_role("link", name=SIGN_IN_LINK).click()
        house.emulator.advance(601)
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_session_that_came_to_its_end_is_over_everywhere(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    clock = FrozenClock(int(time.time()))
    async with running_house(tmp_path, clock=clock, changes={"session.lifespan": "1h"}) as house:
        await sign_in(page, house, "Alice Alder")
        token = await session_token(context)
        assert token is not None
        clock.advance(3601)
        await page.get_by_label("A note of yours").fill("Too late")
        await page.get_by_role("button", name="Keep it").click()
        await expect(page.get_by_role("status")).to_have_text("You are not signed in any more.")
        assert not await is_valid(house, token)
