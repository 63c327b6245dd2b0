"""`session.delivery` other than `cookie`: the browser comes back with a one-time token, which the page redeems once."""

import re
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import BrowserContext, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import SIGN_IN_LINK, House, pick, running_house, session_token

pytestmark = IN_BROWSER

# What a page does with its token. The body is JSON, so the browser asks the broker first (CORS preflight).
REDEEM = """async ([broker, value]) => {
    const answer = await fetch(`${broker}/token`, {
        method: "POST", credentials: "include",
        headers: {"Content-Type": "application/json"}, body: JSON.stringify({value}),
    });
    return [answer.status, Number(answer.headers.get("X-Session-Lifetime"))];
}"""


async def come_back_with_token(page: Page, house: House) -> str:
    await page.goto(house.demo)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await pick(page, "Alice Alder")
    await expect(page).to_have_url(re.compile(rf"^{house.demo}/\?hanko_token=[A-Za-z0-9_-]{{20,}}$"))
    [token] = parse_qs(urlsplit(page.url).query)["hanko_token"]
    return token


async def redeem(page: Page, house: House, token: str) -> tuple[int, int]:
    return cast(tuple[int, int], tuple(await page.evaluate(REDEEM, [house.broker.url, token])))


async def test_token_in_the_address_becomes_a_session_once(tmp_path: Path, context: BrowserContext, page: Page) -> None:
    async with running_house(tmp_path, changes={"session.delivery": "token"}) as house:
        token = await come_back_with_token(page, house)
        await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
        assert await session_token(context) is None
        status, lifetime = await redeem(page, house, token)
        assert status == 200
        assert 12 * 3600 - 60 <= lifetime <= 12 * 3600
        await page.goto(house.demo)
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        assert (await redeem(page, house, token))[0] != 200


async def test_cookie_and_token_are_one_session(tmp_path: Path, context: BrowserContext, page: Page) -> None:
    async with running_house(tmp_path, changes={"session.delivery": "both"}) as house:
        token = await come_back_with_token(page, house)
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        assert await session_token(context) is not None
        assert (await redeem(page, house, token))[0] == 200
        await page.goto(house.demo)
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        await expect(page.locator("#sessions li")).to_have_count(1)


async def test_back_button_brings_no_second_token(tmp_path: Path, context: BrowserContext, page: Page) -> None:
    async with running_house(tmp_path, changes={"session.delivery": "token"}) as house:
        await come_back_with_token(page, house)
        await page.go_back()
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("alert")).to_contain_text("That sign-in was already finished")
        assert await session_token(context) is None


async def test_back_button_returns_to_the_session_that_came_with_a_token(tmp_path: Path, page: Page) -> None:
    async with running_house(tmp_path, changes={"session.delivery": "both"}) as house:
        await come_back_with_token(page, house)
        await page.go_back()
        await pick(page, "Alice Alder")
        await expect(page).to_have_url(f"{house.demo}/")
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
