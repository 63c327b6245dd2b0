"""Signed out at the provider: a frame in its page, on another site, in a browser that blocks third-party cookies."""

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import pick, session_token, visitor
from tests.e2e.secure import SecureHouse, secure_house

pytestmark = IN_BROWSER

SID = "5e55ed00-0000-4000-8000-0000000000aa"


async def signed_in(house: SecureHouse, context: BrowserContext, page: Page) -> tuple[str, str]:
    """Alice signs in; answers her session token and what her session at the provider is called."""
    await page.goto(house.start_url())
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    token = await session_token(context)
    assert token is not None
    live = await house.application.broker.sessions.check(token)
    assert live.session.at_provider.session_id is not None
    return token, live.session.at_provider.session_id


def told_to_end(house: SecureHouse, sid: str) -> str:
    """What the provider's page frames."""
    return f"{house.broker}/thirdparty/logout/microsoft?sid={sid}"


async def test_frame_in_the_providers_page_ends_the_session_without_any_cookie(
    strict_chromium: Browser, tmp_path: Path
) -> None:
    async with (
        secure_house(tmp_path, {}) as house,
        visitor(strict_chromium, ignore_https_errors=True) as context,
    ):
        page = await context.new_page()
        token, sid = await signed_in(house, context, page)
        tab = await context.new_page()
        async with tab.expect_request(told_to_end(house, sid)) as asked:
            await tab.goto(f"{house.emulator}/common/oauth2/v2.0/logout")
        request = await asked.value
        answer = await request.response()
        assert answer is not None
        assert answer.status == 200
        assert "cookie" not in await request.all_headers()
        frame = tab.frames[1]
        assert frame.url == request.url  # Chromium shows it: nothing forbids the provider's page to
        assert not await house.is_valid(token)
        await page.reload()
        await expect(page.get_by_role("status")).to_have_text("You are not signed in.")


async def test_signing_out_here_goes_on_there_and_comes_back(strict_chromium: Browser, tmp_path: Path) -> None:
    """Another browser profile that has the same session there stays: it has a `sid` of its own."""
    async with (
        secure_house(tmp_path, {"logout": {"rp_initiated": True}}) as house,
        visitor(strict_chromium, ignore_https_errors=True) as context,
        visitor(strict_chromium, ignore_https_errors=True) as elsewhere,
    ):
        page = await context.new_page()
        token, _ = await signed_in(house, context, page)
        other_token, _ = await signed_in(house, elsewhere, await elsewhere.new_page())
        passed: list[str] = []
        page.on("framenavigated", lambda frame: passed.append(frame.url.partition("?")[0]))
        await page.goto(house.logout_url())
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(f"{house.demo}/")
        await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
        assert f"{house.emulator}/common/oauth2/v2.0/logout" in passed
        assert [await house.is_valid(one) for one in (token, other_token)] == [False, True]
        await page.goto(house.start_url(prompt="none"))  # which would sign her in again, were she signed in there
        await expect(page.get_by_role("status")).to_have_text("You are not signed in.")


async def test_frame_in_a_strangers_page_is_not_shown(chromium: Browser, tmp_path: Path) -> None:
    async with secure_house(tmp_path, {}) as house:
        context = await chromium.new_context(ignore_https_errors=True)
        page = await context.new_page()
        async with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
            await page.goto(house.framing_url(house.demo, told_to_end(house, SID)))
        assert page.frames[1].url != told_to_end(house, SID)
        await context.close()
