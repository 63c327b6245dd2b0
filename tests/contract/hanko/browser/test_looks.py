"""How the quickstart page looks, at a phone's and a desk's size, light and dark."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import DENIED, MICROSOFT, at_profile, press, running_place, walker
from tests.e2e.house import photograph
from tests.e2e.looking import DESK, PHONE

pytestmark = [*IN_BROWSER, pytest.mark.npm]

SIDEWAYS = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"])
async def test_login_and_profile_fit_into_the_window(
    tmp_path: Path, chromium: Browser, size: dict[str, int], scheme: str
) -> None:
    name = f"{size['width']}-{scheme}"
    async with (
        running_place(tmp_path, second=True, changes={"account": {"allow_deletion": True}}) as place,
        walker(chromium, viewport=size, color_scheme=scheme) as context,
    ):
        page = await context.new_page()
        await page.goto(f"{place.app}/")
        await expect(page.get_by_role("button", name=MICROSOFT)).to_be_visible()
        await photograph(page, f"hanko-login-{name}")
        assert not await page.evaluate(SIDEWAYS)
        await press(page, MICROSOFT)
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_text(DENIED)).to_be_visible()
        await photograph(page, f"hanko-error-{name}")
        profile = await at_profile(page, place)
        await photograph(page, f"hanko-profile-{name}")
        assert not await page.evaluate(SIDEWAYS)
        await profile.locator("label").filter(has_text="alice@alder.example").click()
        await expect(profile.get_by_text("This email address has been verified.")).to_be_visible()
        await photograph(page, f"hanko-profile-open-{name}")
