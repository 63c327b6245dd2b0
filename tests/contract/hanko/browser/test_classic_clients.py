"""The classic contract in a browser: elements and SDK 0.12, and SDK 1.5.2, which start by `/thirdparty/auth`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.pages import CLASSIC_ELEMENTS, CLASSIC_SDK, SDK_1
from tests.contract.hanko.browser.place import DENIED, Place, heard, opened, press, running_place
from tests.e2e.house import photograph, pick, session_token

pytestmark = [*IN_BROWSER, pytest.mark.npm]

AUTH = "Sign in with Microsoft"
BOTH_SDKS = pytest.mark.parametrize("bundle", [CLASSIC_SDK, SDK_1], ids=["0.12.0", "1.5.2"])


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """As Hanko's guide has it for these: the page redeems a code, and errors go back to the page that began."""
    changes = {
        "session.delivery": "token",
        "third_party.errors_to": "redirect_to",
        "account": {"allow_deletion": True},
    }
    async with running_place(tmp_path, changes=changes) as running:
        yield running


async def come_to_success(page: Page, place: Place) -> None:
    await opened(page, place.bare("hanko-auth", bundle=CLASSIC_ELEMENTS))
    await press(page, AUTH)
    await pick(page, "Alice Alder")
    await heard(page, "hanko-session-created")
    await expect(page.get_by_role("heading", name="Login successful")).to_be_visible()


async def test_component_signs_in_shows_the_profile_and_hears_of_the_sign_out(
    place: Place, context: BrowserContext, page: Page
) -> None:
    await come_to_success(page, place)
    assert "hanko_token" not in page.url
    token = await session_token(context)
    assert token is not None
    assert await place.is_valid(token)
    await opened(page, place.bare("hanko-profile", bundle=CLASSIC_ELEMENTS))
    await expect(page.get_by_text("alice@alder.example").first).to_be_visible()
    await expect(page.get_by_text("Add email")).to_have_count(0)
    await photograph(page, "classic-profile")
    other = await context.new_page()
    await opened(other, place.bare("hanko-events", bundle=CLASSIC_ELEMENTS))
    await page.evaluate("hanko.user.logout()")
    await heard(page, "hanko-user-logged-out")
    await heard(other, "hanko-session-expired")
    assert not await place.is_valid(token)
    assert await session_token(context) is None


async def test_component_tells_of_a_cancelled_sign_in_and_lets_one_try_again(place: Place, page: Page) -> None:
    await opened(page, place.bare("hanko-auth", bundle=CLASSIC_ELEMENTS))
    await photograph(page, "classic-auth")
    await press(page, AUTH)
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text(DENIED)).to_be_visible()
    await press(page, "Continue")
    await press(page, AUTH)
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Login successful")).to_be_visible()


async def test_component_deletes_the_account(place: Place, page: Page) -> None:
    await come_to_success(page, place)
    await opened(page, place.bare("hanko-profile", bundle=CLASSIC_ELEMENTS))
    await press(page, "Delete account")
    await page.get_by_role("checkbox").check()
    await press(page, "Delete")
    await heard(page, "hanko-user-deleted")
    assert await place.broker.application.broker.users.list() == []


@BOTH_SDKS
async def test_sdk_starts_redeems_reads_and_ends(
    place: Place, context: BrowserContext, page: Page, bundle: str
) -> None:
    await opened(page, place.bare(bundle=bundle))
    await page.evaluate("{ hanko.thirdParty.auth('microsoft', location.href) }")
    await pick(page, "Alice Alder")
    await page.wait_for_function("window.hanko !== undefined")
    await page.evaluate("hanko.token.validate()")
    if bundle == CLASSIC_SDK:  # the later one tells of what its component did, not of what was done by hand
        await heard(page, "hanko-session-created")
    user = await page.evaluate("hanko.user.getCurrent()")
    assert user["email"] == "alice@alder.example"
    token = await session_token(context)
    assert token is not None
    assert await page.evaluate("hanko.session.isValid()")
    if bundle == SDK_1:
        checked = await page.evaluate("hanko.sessionClient.validate()")
        assert (checked["is_valid"], checked["user_id"]) == (True, user["id"])
    await page.evaluate("hanko.user.logout()")
    assert not await place.is_valid(token)
    assert not await page.evaluate("hanko.session.isValid()")


@BOTH_SDKS
async def test_sdk_reads_why_a_sign_in_failed(place: Place, page: Page, bundle: str) -> None:
    await opened(page, place.bare(bundle=bundle))
    await page.evaluate("{ hanko.thirdParty.auth('microsoft', location.href) }")
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_function("window.hanko !== undefined")
    assert await page.evaluate("hanko.thirdParty.getError().code") == "thirdPartyAccessDenied"
