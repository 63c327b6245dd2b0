"""What tabs with elements 2.7.0 learn of a session: that it began, that it ended, and how it is carried."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from broker.clock import FrozenClock, SystemClock
from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import (
    MICROSOFT,
    Place,
    at_profile,
    heard,
    opened,
    press,
    running_place,
    sign_in,
)
from tests.e2e.house import pick, session_token

pytestmark = [*IN_BROWSER, pytest.mark.npm]

DAY = 24 * 3600
ENDED = "Your session has ended."


async def test_other_tab_sees_the_sign_in_and_the_sign_out(place: Place, context: BrowserContext, page: Page) -> None:
    other = await context.new_page()
    await other.goto(f"{place.app}/")
    await expect(other.get_by_role("button", name=MICROSOFT)).to_be_visible()
    await sign_in(page, place)
    await expect(other.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()
    await press(page, "Sign out")
    await expect(other.get_by_role("status")).to_have_text(ENDED)
    await expect(other.get_by_role("button", name=MICROSOFT)).to_be_visible()


async def test_open_tab_learns_that_the_operator_ended_the_session(place: Place, page: Page) -> None:
    await page.clock.install()
    await at_profile(page, place)
    await place.end_all_sessions()
    async with page.expect_response(f"{place.broker.url}/sessions/validate") as asked:
        await page.clock.fast_forward(31_000)
    assert await (await asked.value).json() == {"is_valid": False}
    await expect(page.get_by_role("status")).to_have_text(ENDED)
    await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()


async def test_open_tab_notices_the_end_by_its_own_clock(tmp_path: Path, page: Page) -> None:
    clock = FrozenClock(SystemClock().now())
    async with running_place(tmp_path, changes={"session.lifespan": "25s"}, clock=clock) as place:
        await page.clock.install()
        await at_profile(page, place)
        clock.advance(26)
        await page.clock.fast_forward(31_000)  # the SDK looks when it would have asked
        await expect(page.get_by_role("status")).to_have_text(ENDED)
        await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()


async def test_page_that_was_left_open_for_a_day_says_so_and_its_button_works(tmp_path: Path, page: Page) -> None:
    clock = FrozenClock(SystemClock().now())
    async with running_place(tmp_path, clock=clock) as place:
        await page.clock.install()
        await page.goto(f"{place.app}/")
        await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()
        # A day for everybody. For the page, too: half a second after a state the SDK tells of it once more.
        clock.advance(DAY + 1)
        place.emulator.advance(DAY + 1)
        await page.clock.fast_forward((DAY + 1) * 1000)
        await press(page, MICROSOFT)
        await expect(page.get_by_text("The session has expired")).to_be_visible()
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()


async def test_token_in_the_header_is_readable_and_good_at_a_backend(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    changes = {"session.enable_auth_token_header": True}
    async with running_place(tmp_path, changes=changes) as place:
        await opened(page, place.bare("hanko-login"))
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await heard(page, "hanko-session-created")
        token = await page.evaluate("hanko.getSessionToken()")
        assert await place.is_valid(token)
        assert token == await session_token(context)
        await page.reload()
        await page.wait_for_function("window.hanko !== undefined")
        assert (await page.evaluate("hanko.getCurrentUser()"))["name"] == "Alice Alder"
        await page.evaluate("hanko.logout()")
        assert not await place.is_valid(token)
        assert await session_token(context) is None


async def test_dead_token_in_the_pages_cookie_keeps_nobody_from_signing_in(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    async with running_place(tmp_path, changes={"session.enable_auth_token_header": True}) as place:
        await sign_in(page, place)
        dead = await session_token(context)
        await place.end_all_sessions()
        async with page.expect_request(f"{place.broker.url}/login") as asked:
            await page.reload()
        assert (await asked.value).headers["authorization"] == f"Bearer {dead}"
        await sign_in(page, place)
        assert await session_token(context) != dead
