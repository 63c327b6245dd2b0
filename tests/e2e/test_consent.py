"""Consent, cancel, and people who cannot go on, at the provider's own pages, and what the application is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Request, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import House, pick, running_house, session_token
from tests.observed import log_lines

pytestmark = IN_BROWSER

ALLOWED = {
    # Keys of elliptic curves are made in no time.
    "session.jwt": {"algorithm": "ES256"},
    "third_party.providers.microsoft.extra_scopes_allowed": ["User.Read", "Mail.Read"],
}
ASKING = "Permissions requested"


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A request may ask for more than signing in needs."""
    async with running_house(tmp_path, changes=ALLOWED) as running:
        yield running


async def asked_for_consent(page: Page, house: House, scopes: str) -> list[str]:
    """Alice begins a sign-in with these scopes; answers what the consent page lists."""
    await page.goto(house.start_url(provider_scopes=scopes))
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name=ASKING)).to_be_visible()
    return await page.locator(".permissions code").all_inner_texts()


async def told(page: Page, house: House, button: str) -> dict[str, list[str]]:
    """Press what ends the sign-in; answers what the error URL was told."""
    async with page.expect_request(lambda request: _is_error(request, house)) as came:
        await page.get_by_role("button", name=button).click()
    return parse_qs(urlsplit((await came.value).url).query)


def _is_error(request: Request, house: House) -> bool:
    return request.url.startswith(f"{house.demo}/?") and "error=" in request.url


async def cookie_names(context: BrowserContext) -> list[str]:
    return [cookie.get("name", "") for cookie in await context.cookies()]


def assert_calm(found: dict[str, list[str]], sentence: str, lines: list[Any]) -> None:
    """Our sentence for the person, and nothing in the log that would wake an operator."""
    assert (found["error"], found["error_description"]) == (["access_denied"], [sentence])
    assert found.keys() == {"error", "error_description", "error_reference"}
    [line] = [each for each in lines if each.get("reference") == found["error_reference"][0]]
    assert (line["outcome"], line["log_level"]) == ("access_denied", "info")
    assert [each for each in lines if each["log_level"] not in ("debug", "info")] == []


async def test_declining_is_no_alarm_and_accepting_signs_in(house: House, context: BrowserContext, page: Page) -> None:
    await asked_for_consent(page, house, "User.Read")
    with log_lines() as lines:
        found = await told(page, house, "Decline")
    assert_calm(found, "You did not allow the access that is needed to sign you in.", lines)
    await expect(page.get_by_role("alert")).to_contain_text("You cancelled the sign-in")
    assert not [name for name in await cookie_names(context) if name.startswith(("signin-", "hanko"))]
    # Nothing was agreed to, so the next one is asked the same.
    assert "User.Read" in await asked_for_consent(page, house, "User.Read")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
    assert await session_token(context) is not None


async def test_more_is_asked_for_when_it_is_needed_and_only_once(house: House, page: Page) -> None:
    await page.goto(house.start_url())
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()  # signing in alone asks for nothing
    for scopes in ("User.Read", "User.Read Mail.Read"):
        assert set(scopes.split()) <= set(await asked_for_consent(page, house, scopes))
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        await page.goto(house.start_url(provider_scopes=scopes))
        await pick(page, "Alice Alder")
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_who_cannot_go_on_stays_with_the_provider_and_may_cancel_or_be_somebody_else(
    house: House, context: BrowserContext, page: Page
) -> None:
    """A disabled account, and one that the application is not assigned to: Microsoft sends neither of them back."""
    for name, number in (("Judy Jones", 50057), ("Ken King", 50105)):
        await page.goto(house.start_url())
        with log_lines() as lines:
            await pick(page, name)
            await expect(page.get_by_role("alert")).to_contain_text(f"AADSTS{number}")
        assert page.url.startswith(f"{house.emulator.base_url}/")
        assert [each for each in lines if each["event"] == "request"] == []  # we never hear of it
        await page.get_by_role("link", name="Use another account").click()
        with log_lines() as lines:
            found = await told(page, house, "Cancel")
        assert_calm(found, "Sign-in was cancelled.", lines)
        assert not [each for each in await cookie_names(context) if each.startswith(("signin-", "hanko"))]
    await page.goto(house.start_url())
    await pick(page, "Judy Jones")
    await page.get_by_role("link", name="Use another account").click()
    await pick(page, "Bob Baker")
    await expect(page.get_by_role("heading", name="Bob Baker")).to_be_visible()
