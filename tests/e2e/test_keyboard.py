"""Without a mouse, and without script where the page is ours."""

from playwright.async_api import Browser, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import SIGN_IN_LINK, House, is_valid, pick, session_token, visitor
from tests.e2e.looking import tab_to

pytestmark = IN_BROWSER


async def test_keyboard_alone_signs_in_and_out(house: House, page: Page) -> None:
    await page.goto(house.demo)
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
    await tab_to(page, SIGN_IN_LINK)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await tab_to(page, "Alice Alder")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    await tab_to(page, "Sign out")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    # The button is gone: the focus must not be lost with it.
    await expect(page.get_by_role("link", name=SIGN_IN_LINK)).to_be_focused()


async def test_typed_name_and_enter_sign_in(house: House, page: Page) -> None:
    await page.goto(house.start_url())
    await page.get_by_label("Or type a name").fill("alice@alder.example")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_keyboard_alone_cancels_and_dismisses_the_message(house: House, page: Page) -> None:
    await page.goto(house.start_url())
    await tab_to(page, "Cancel")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("You cancelled the sign-in")
    await tab_to(page, "Dismiss")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_hidden()
    await expect(page.get_by_role("link", name=SIGN_IN_LINK)).to_be_focused()


async def test_keyboard_alone_signs_out_at_the_broker(house: House, page: Page) -> None:
    await page.goto(house.start_url(login_hint="auto:alice"))
    await page.goto(house.logout_url())
    await tab_to(page, "Sign out")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")


async def test_without_script_one_signs_in_and_out(house: House, chromium: Browser) -> None:
    async with visitor(chromium, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(house.demo)
        await page.get_by_role("link", name=SIGN_IN_LINK).click()
        await pick(page, "Alice Alder")
        await expect(page).to_have_url(f"{house.demo}/")
        token = await session_token(context)
        assert token is not None
        assert await is_valid(house, token)
        await page.goto(house.logout_url())
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(f"{house.demo}/")
        assert not await is_valid(house, token)
