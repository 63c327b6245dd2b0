"""`<hanko-login>` of elements 2.7.0 on the quickstart page: signing in, and everything that may come in between."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import (
    DENIED,
    MICROSOFT,
    PEER,
    TECHNICAL,
    Place,
    heard,
    opened,
    press,
    running_place,
    sign_in,
    sign_out,
)
from tests.e2e.house import pick, session_token

pytestmark = [*IN_BROWSER, pytest.mark.npm]


async def test_one_signs_in_and_out_and_finds_the_provider_marked_on_return(
    place: Place, context: BrowserContext, page: Page
) -> None:
    await page.goto(f"{place.app}/")
    await expect(page.get_by_role("button", name=MICROSOFT, exact=True)).to_be_visible()
    # Nothing but the provider is offered: no address, no password, no passkey.
    await expect(page.locator("hanko-login").get_by_role("textbox")).to_have_count(0)
    await expect(page.get_by_role("button")).to_have_count(1)
    await sign_in(page, place)
    await expect(page).to_have_url(f"{place.app}/")
    token = await session_token(context)
    assert token is not None
    assert await place.is_valid(token)
    assert await page.evaluate("document.cookie") == ""
    await press(page, "Sign out")
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await expect(page.get_by_role("button", name=f"Last used {MICROSOFT}", exact=True)).to_be_visible()
    assert not await place.is_valid(token)
    assert await session_token(context) is None


async def test_cancelling_is_told_and_the_button_works_again(place: Place, page: Page) -> None:
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text(DENIED)).to_be_visible()
    await expect(page).to_have_url(f"{place.app}/")
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()


async def test_refusal_is_told_without_a_word_of_the_provider(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, changes={"account": {"allow_signup": False}}) as place:
        await page.goto(f"{place.app}/")
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await expect(page.get_by_text(TECHNICAL)).to_be_visible()
        await expect(page).to_have_url(f"{place.app}/")
        await expect(page.get_by_role("button", name=MICROSOFT)).to_be_enabled()


async def test_query_of_the_page_survives_and_the_code_does_not(place: Place, page: Page) -> None:
    await page.goto(f"{place.app}/?x=1&y=a%20b#/route")
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()
    # The component itself gives up the fragment when it takes the code out of the address.
    await expect(page).to_have_url(re.compile(rf"^{place.app}/\?x=1&y=a(%20|\+)b$"))


async def test_back_at_the_page_by_hand_the_button_works(place: Place, page: Page) -> None:
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()


async def test_lost_verifier_is_told_and_the_button_works_again(
    place: Place, context: BrowserContext, page: Page
) -> None:
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await page.context.add_init_script("sessionStorage.removeItem('hanko_pkce_code_verifier')")
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()
    await expect(page.get_by_text("The submitted form data contains errors.")).to_be_visible()
    assert await session_token(context) is None
    await press(page, MICROSOFT)
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()


async def test_either_of_two_providers_signs_in(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, second=True) as place:
        await page.goto(f"{place.app}/")
        await expect(page.get_by_role("button", name=re.compile("^Continue with"))).to_have_text([MICROSOFT, PEER])
        await press(page, PEER)
        await expect(page.get_by_role("heading", name="Hello Peer Person")).to_be_visible()
        await sign_out(page)
        await expect(page.get_by_role("button", name=f"Last used {PEER}", exact=True)).to_be_visible()
        await press(page, MICROSOFT)
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()


async def test_whoever_follows_the_link_to_create_an_account_gets_one(place: Place, page: Page) -> None:
    await opened(page, place.bare("hanko-auth"))
    await press(page, "Create account")
    await expect(page.get_by_role("heading", name="Create account")).to_be_visible()
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await heard(page, "hanko-session-created")
    assert (await page.evaluate("hanko.validateSession()"))["is_valid"]


@pytest.mark.parametrize("first", ["exchange_token", "back"])
async def test_both_components_on_one_page_leave_the_session_alone(place: Place, page: Page, first: str) -> None:
    """One exchanges the code while the other goes back, with the same state and in either order."""
    answered = asyncio.Event()

    async def hold(route: Route) -> None:
        if f"action={first}" in route.request.url:
            response = await route.fetch()
            await route.fulfill(response=response)
            answered.set()
        else:
            await answered.wait()
            await route.continue_()

    await opened(page, place.bare("hanko-auth+hanko-profile"))
    await page.route(re.compile("action=(exchange_token|back)"), hold)
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await heard(page, "hanko-session-created")
    await expect(page.locator("hanko-profile").get_by_text("alice@alder.example").first).to_be_visible()
    await expect(page.locator("hanko-auth").get_by_text(TECHNICAL)).to_have_count(0)
    assert answered.is_set()
    assert (await page.evaluate("hanko.validateSession()"))["is_valid"]


async def test_back_button_of_the_browser_brings_a_page_whose_button_works(place: Place, page: Page) -> None:
    await page.goto(f"{place.app}/")
    await press(page, MICROSOFT)
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await page.go_back()
    await press(page, MICROSOFT)
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()
