"""`<hanko-profile>` of elements 2.7.0 on the quickstart page: what people change of their own account."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import (
    DENIED,
    MICROSOFT,
    PEER,
    Place,
    at_profile,
    press,
    running_place,
    sign_in,
    sign_out,
    walker,
)
from tests.e2e.house import session_token

pytestmark = [*IN_BROWSER, pytest.mark.npm]


async def connect(page: Page, name: str) -> None:
    """Choose a further provider in the component."""
    await page.get_by_text("Connect account").click()
    await press(page, name)


async def answered(profile: Locator, link: str) -> None:
    """Follow a link of the entry that is open, and say yes."""
    await profile.get_by_role("button", name=link, exact=True).last.click()
    await profile.get_by_role("button", name="yes", exact=True).click()


async def test_second_provider_is_connected_signs_in_and_is_parted_with(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, second=True) as place:
        profile = await at_profile(page, place)
        await connect(page, "Peer")
        connected = profile.get_by_role("radio", name=re.compile("^Peer"))
        await expect(connected).to_be_attached()
        await sign_out(page)
        await press(page, PEER)
        # Names are those that the last provider told; the account is the one with Alice's address.
        await expect(page.get_by_role("heading", name="Hello Peer Person")).to_be_visible()
        await page.reload()
        await expect(profile.get_by_text("alice@alder.example").first).to_be_visible()
        await profile.locator("label").filter(has_text=re.compile("^Peer$")).click()
        await answered(profile, "Delete")
        await expect(connected).to_have_count(0)
        [alone] = await place.broker.application.broker.users.list()
        assert [each.provider for each in alone.identities] == ["microsoft"]


async def test_connecting_that_is_cancelled_is_told_and_changes_nothing(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, second=True) as place:
        await page.goto(f"{place.app}/")
        await press(page, PEER)
        await expect(page.get_by_role("heading", name="Hello Peer Person")).to_be_visible()
        await page.reload()
        await connect(page, "Microsoft")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_text(DENIED)).to_be_visible()
        await expect(page.get_by_role("heading", name="Hello Peer Person")).to_be_visible()


async def test_another_session_is_ended(chromium: Browser, place: Place, page: Page) -> None:
    async with walker(chromium) as elsewhere:
        await sign_in(await elsewhere.new_page(), place)
        theirs = await session_token(elsewhere)
        assert theirs is not None
        profile = await at_profile(page, place)
        sessions = profile.get_by_role("radio", name=re.compile("Chrome"))
        await expect(sessions).to_have_count(2)
        await profile.locator("label").filter(has_text="Chrome").filter(has_not_text="Current session").click()
        await answered(profile, "Revoke")
        await expect(sessions).to_have_count(1)
        assert not await place.is_valid(theirs)
        await page.reload()
        await expect(page.get_by_role("heading", name="Hello Alice Alder")).to_be_visible()


async def test_account_is_deleted_after_a_question(tmp_path: Path, page: Page) -> None:
    async with running_place(tmp_path, changes={"account": {"allow_deletion": True}}) as place:
        profile = await at_profile(page, place)
        await profile.get_by_role("button", name="Delete account").click()
        await expect(profile.get_by_text("Are you sure you want to delete this account?")).to_be_visible()
        await profile.get_by_role("checkbox").check()
        await profile.get_by_role("button", name="Delete", exact=True).click()
        await expect(page.get_by_role("status")).to_have_text("Your account is deleted.")
        await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()
        assert await place.broker.application.broker.users.list() == []
