"""The page in a real browser: signed out, signed in, cancelled, and with a broker that is down."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.chromium import IN_BROWSER
from tests.demo.fake_broker import FakeBroker

pytestmark = IN_BROWSER

PHONE = {"width": 380, "height": 800}
DESK = {"width": 1280, "height": 900}


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page that fails its test when the content security policy had to stop something."""
    context = await chromium.new_context()
    page = await context.new_page()
    stopped: list[str] = []

    def watch(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Uncaught" in message.text:
            stopped.append(message.text)

    page.on("console", watch)
    page.on("pageerror", lambda error: stopped.append(str(error)))
    yield page
    await context.close()
    assert stopped == []


async def sign_in(page: Page, demo: str) -> None:
    await page.goto(demo)
    await page.get_by_role("link", name="Sign in with Microsoft").click()
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_one_signs_in_changes_something_and_signs_out(broker: FakeBroker, demo: str, page: Page) -> None:
    await sign_in(page, demo)
    await expect(page.locator("#address")).to_have_text("alice@alder.example (verified)")
    await expect(page.locator("#whoami")).to_contain_text('"carried_by": "cookie"')
    await page.get_by_label("A note of yours").fill("<b>milk</b>")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator("#notes li")).to_have_text("<b>milk</b>")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    await expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_focused()
    await expect(page.locator("#notes li")).to_have_count(0)
    assert broker.alive == set()


async def test_another_session_can_be_ended_and_not_this_one(broker: FakeBroker, demo: str, page: Page) -> None:
    broker.alive.add("telephone")
    await sign_in(page, demo)
    await expect(page.locator("#sessions li")).to_have_count(2)
    await page.get_by_role("button", name="End the session in Firefox on Linux").click()
    await expect(page.locator("#sessions li")).to_have_count(1)
    assert broker.alive == {"browser"}


async def test_session_that_was_ended_elsewhere_changes_nothing(broker: FakeBroker, demo: str, page: Page) -> None:
    await sign_in(page, demo)
    broker.alive.clear()
    await page.get_by_label("A note of yours").fill("milk")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("status")).to_have_text("You are not signed in any more.")


async def test_name_of_a_person_is_text(broker: FakeBroker, demo: str, page: Page) -> None:
    broker.name = "<img src=x onerror=alert(1)>"
    await page.goto(demo)
    await page.get_by_role("link", name="Sign in with Microsoft").click()
    await expect(page.locator("#name")).to_have_text(broker.name)


async def test_cancelled_sign_in_is_said_and_leaves_the_address_bar(demo: str, page: Page) -> None:
    query = "error=access_denied&error_description=Call+0900+123&error_reference=0123456789&tab=2"
    await page.goto(f"{demo}/?{query}")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("You cancelled the sign-in")
    await expect(page.locator("#failure-detail")).to_have_text("reference 0123456789")
    await expect(page.locator("body")).not_to_contain_text("0900")
    await expect(page).to_have_url(f"{demo}/?tab=2")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_be_hidden()
    await expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_focused()


@pytest.mark.parametrize("code", ["invented", "constructor", "__proto__"])
async def test_unknown_error_gets_a_sentence_of_ours(demo: str, page: Page, code: str) -> None:
    await page.goto(f"{demo}/?error={code}")
    await expect(page.get_by_role("alert")).to_contain_text("The sign-in did not work")


@pytest.mark.parametrize("reference", ["Call+0900+1", "012345678", "01234567890", "%3Cb%3E0123456"])
async def test_reference_that_is_none_is_not_shown(demo: str, page: Page, reference: str) -> None:
    await page.goto(f"{demo}/?error=call_0900_123&error_reference={reference}")
    await expect(page.get_by_role("alert")).to_contain_text("The sign-in did not work")
    await expect(page.locator("#failure-detail")).to_have_text("")
    await expect(page.locator("body")).not_to_contain_text("0900")


async def test_broker_that_is_down_is_no_sign_out(broker: FakeBroker, demo: str, page: Page) -> None:
    await sign_in(page, demo)
    broker.down = True
    await page.reload()
    await expect(page.get_by_role("heading", name="The sign-in service is not answering")).to_be_visible()
    await expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_hidden()
    broker.down = False
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_whatever_takes_the_focus_shows_it(broker: FakeBroker, demo: str, page: Page) -> None:
    broker.alive.add("telephone")
    await sign_in(page, demo)
    for name in ("Sign out", "End", "Ask again", "", "Keep it"):
        await page.keyboard.press("Tab")
        text, outline = await page.evaluate(
            "[document.activeElement.textContent, getComputedStyle(document.activeElement).outline]"
        )
        assert text == name
        assert "solid 3px" in outline


async def _each_state(broker: FakeBroker, demo: str, context: BrowserContext) -> AsyncIterator[tuple[str, Page]]:
    page = await context.new_page()
    await page.goto(f"{demo}/?error=access_denied&error_description=Cancelled.&error_reference=0123456789")
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
    yield "cancelled", page
    await page.goto(demo)
    await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
    yield "signed-out", page
    broker.alive.add("telephone")
    await sign_in(page, demo)
    await expect(page.locator("#whoami")).to_contain_text("200")
    await page.get_by_label("A note of yours").fill("Water the plants")
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator("#notes li")).to_have_count(1)
    yield "signed-in", page
    broker.down = True
    await page.reload()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    yield "unreachable", page


@pytest.mark.npm
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_fits_the_window_and_has_no_barriers(
    broker: FakeBroker, demo: str, chromium: Browser, axe: str, size: Any, scheme: Any
) -> None:
    # Only here may script be brought in from outside: axe-core looks at the page from within.
    context = await chromium.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    async for state, page in _each_state(broker, demo, context):
        folder = os.environ.get("BROKER_TEST_SCREENSHOTS")
        if folder:
            await page.screenshot(path=Path(folder) / f"demo-{state}-{size['width']}-{scheme}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], state
        await page.evaluate(axe)
        found = await page.evaluate("axe.run().then(result => result.violations.map(v => [v.id, v.nodes[0].html]))")
        assert found == [], state
    await context.close()
