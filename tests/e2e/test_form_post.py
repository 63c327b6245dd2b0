"""Answers by `form_post` in a real browser, between two sites: which cookies come along, and which ones stay."""

from pathlib import Path

from playwright.async_api import Browser, Request, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import pick, session_token, visitor
from tests.e2e.secure import secure_house

pytestmark = IN_BROWSER


async def test_signing_in_by_a_form_from_another_site(strict_chromium: Browser, tmp_path: Path) -> None:
    """The sign-in's cookie comes with the cross-site POST, no other does; the session's, set by its answer, stays.

    In a page load of its own it is nobody's third party, so that blocking those changes nothing.
    """
    async with (
        secure_house(tmp_path, {"response_mode": "form_post"}) as house,
        visitor(strict_chromium, ignore_https_errors=True) as context,
    ):
        page = await context.new_page()
        seen: list[Request] = []
        page.on("request", lambda request: seen.append(request))
        await page.goto(house.start_url())
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        [callback] = [one for one in seen if one.method == "POST" and one.url.startswith(house.broker)]
        headers = await callback.all_headers()
        assert headers["sec-fetch-site"] == "cross-site"
        assert [part.partition("=")[0][:14] for part in headers["cookie"].split("; ")] == ["__Host-signin-"]
        first = await session_token(context)
        assert first is not None
        assert not [one.url for one in seen if "code=" in one.url]
        # The first page behind it is asked for with the session: an application that renders on its server greets her.
        [landing] = [one for one in seen if one.url == f"{house.demo}/"]
        assert f"hanko={first}" in (await landing.all_headers())["cookie"].split("; ")
        [cookie] = [one for one in await context.cookies() if one.get("name") == "hanko"]
        assert (cookie.get("sameSite"), cookie.get("secure"), cookie.get("httpOnly")) == ("Lax", True, True)

        # Again, as somebody else: the POST brings no session cookie, and the old session ends all the same.
        await page.goto(house.start_url(prompt="select_account"))
        await pick(page, "Bob Baker")
        await expect(page.get_by_role("heading", name="Bob Baker")).to_be_visible()
        second = await session_token(context)
        assert second is not None
        assert [await house.is_valid(token) for token in (first, second)] == [False, True]


async def test_form_that_is_sent_again_from_the_history_loses_nothing(chromium: Browser, tmp_path: Path) -> None:
    """Without script the provider's page has a button, and stays in the history."""
    async with (
        secure_house(tmp_path, {"response_mode": "form_post"}) as house,
        visitor(chromium, ignore_https_errors=True, java_script_enabled=False) as context,
    ):
        page = await context.new_page()
        await page.goto(house.start_url(login_hint="auto:alice"))
        await page.get_by_role("button", name="Continue").click()
        await expect(page).to_have_url(f"{house.demo}/")
        token = await session_token(context)
        assert token is not None
        await page.go_back()
        await page.get_by_role("button", name="Continue").click()
        await expect(page).to_have_url(f"{house.demo}/")
        assert await session_token(context) == token
        assert await house.is_valid(token)


async def test_cancelling_comes_back_by_a_form_as_well(chromium: Browser, tmp_path: Path) -> None:
    async with (
        secure_house(tmp_path, {"response_mode": "form_post"}) as house,
        visitor(chromium, ignore_https_errors=True) as context,
    ):
        page = await context.new_page()
        await page.goto(house.start_url())
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("alert")).to_contain_text("You cancelled the sign-in")
        assert not [one for one in await context.cookies() if str(one.get("name")).startswith("__Host-signin-")]
