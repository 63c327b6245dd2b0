"""Every page, on a phone and on a desk, in light and dark: it fits, shows the focus, and axe-core finds no barrier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, expect

from tests.brokers import running_broker
from tests.chromium import IN_BROWSER
from tests.e2e.house import House, photograph, pick, sign_in, visitor
from tests.e2e.looking import BOTH_WINDOWS, EVERY_WINDOW, look_at
from tests.peers.microsoft import FIRST_CLIENT, running_microsoft

pytestmark = [*IN_BROWSER, pytest.mark.npm]

REQUEST = {
    "client_id": FIRST_CLIENT,
    "response_type": "code",
    "redirect_uri": "http://localhost:8000/thirdparty/callback",
    "scope": "openid User.Read Mail.Read",
    "state": "any",
    "nonce": "any",
}


@EVERY_WINDOW
async def test_pages_of_the_broker(house: House, chromium: Browser, axe: str, size: Any, scheme: Any) -> None:
    async with visitor(chromium, viewport=size, color_scheme=scheme) as context:
        page, window = await context.new_page(), {"axe": axe, "size": size, "scheme": scheme}
        await page.goto(house.broker.url)
        await look_at(page, "broker-index", **window)
        await sign_in(page, house, "Alice Alder")
        await page.goto(house.logout_url())
        await look_at(page, "broker-sign-out", **window)
        await page.goto(f"{house.broker.url}/logout")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        await look_at(page, "broker-signed-out", **window)


@EVERY_WINDOW
async def test_page_of_a_failure_that_no_url_can_be_told(
    tmp_path: Path, chromium: Browser, axe: str, size: Any, scheme: Any
) -> None:
    nobody: Mapping[str, Any] = {
        "third_party.providers": {"microsoft": {"enabled": False}},
        "third_party.error_redirect_url": None,
    }
    async with (
        running_broker(base_dir=tmp_path, changes=nobody) as broker,
        visitor(chromium, viewport=size, color_scheme=scheme) as context,
    ):
        page = await context.new_page()
        await page.goto(f"{broker.url}/thirdparty/auth?provider=microsoft&redirect_to=http://localhost:8888/")
        await expect(page.get_by_role("heading", name="Sign-in did not work")).to_be_visible()
        await look_at(page, "broker-error", axe=axe, size=size, scheme=scheme)


@EVERY_WINDOW
async def test_pages_of_the_emulator(house: House, chromium: Browser, axe: str, size: Any, scheme: Any) -> None:
    async with visitor(chromium, viewport=size, color_scheme=scheme) as context:
        page, window = await context.new_page(), {"axe": axe, "size": size, "scheme": scheme}
        await page.goto(house.emulator.base_url)
        await look_at(page, "emulator-home", **window)
        await page.goto(house.start_url())
        await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
        await look_at(page, "emulator-sign-in", **window)
        await page.get_by_label("Or type a name").fill("nobody@alder.example")
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_role("alert")).to_have_text("There is no account with this name.")
        await look_at(page, "emulator-unknown-name", **window)
        await page.get_by_role("button", name="Judy Jones").click()
        await expect(page.get_by_role("heading", name="This sign-in cannot go on")).to_be_visible()
        await look_at(page, "emulator-error", **window)
        await page.get_by_role("link", name="Use another account").click()
        await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
        await page.goto(f"{house.emulator.base_url}/error?code=50011")
        await expect(page.get_by_role("heading", name="AADSTS50011")).to_be_visible()
        await look_at(page, "emulator-explanation", **window)


@BOTH_WINDOWS
async def test_consent_signing_out_and_requests_at_the_emulator(
    chromium: Browser, axe: str, size: Any, scheme: Any
) -> None:
    async with (
        running_microsoft() as emulator,
        visitor(chromium, viewport=size, color_scheme=scheme) as context,
    ):
        base = f"{emulator.base_url}/common/oauth2/v2.0"
        page, window = await context.new_page(), {"axe": axe, "size": size, "scheme": scheme}
        for name in ("Alice Alder", "Ivan Irving"):
            await page.goto(f"{base}/authorize?{urlencode(REQUEST | {'prompt': 'select_account'})}")
            await pick(page, name)
            await expect(page.get_by_role("heading", name="Permissions requested")).to_be_visible()
            await photograph(page, f"emulator-consent-{name.partition(' ')[0].lower()}-{size['width']}-{scheme}")
        await look_at(page, "emulator-consent", **window)  # the administrator's has a box to tick besides
        await page.goto(f"{base}/logout")
        await expect(page.get_by_role("heading", name="Which account")).to_be_visible()
        await look_at(page, "emulator-sign-out", **window)
        await page.get_by_role("button", name="All of them").click()
        await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        await look_at(page, "emulator-signed-out", **window)
        await page.goto(f"{base}/authorize?{urlencode(REQUEST | {'client_id': 'unknown'})}")  # which is explained there
        await page.goto(f"{emulator.base_url}/requests")
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await look_at(page, "emulator-requests", **window)


@EVERY_WINDOW
async def test_page_that_posts_the_answer(house: House, chromium: Browser, axe: str, size: Any, scheme: Any) -> None:
    """It submits itself and stands there for a moment; without script, until its button is pressed."""
    request = {
        "client_id": FIRST_CLIENT,
        "response_type": "code",
        "response_mode": "form_post",
        "redirect_uri": f"{house.broker.url}/thirdparty/callback",
        "scope": "openid",
        "state": "any",
        "nonce": "any",
        "login_hint": "auto:alice",
    }
    async with visitor(chromium, viewport=size, color_scheme=scheme) as context:
        page = await context.new_page()
        # Its script runs, and leads nowhere: axe-core needs script too.
        await page.route("**/thirdparty/callback", lambda route: route.fulfill(status=204))
        address = f"{house.emulator.base_url}/common/oauth2/v2.0/authorize?{urlencode(request)}"
        await page.goto(address, wait_until="commit")
        await expect(page.get_by_role("button", name="Continue")).to_be_visible()
        await look_at(page, "emulator-form-post", axe=axe, size=size, scheme=scheme)


@EVERY_WINDOW
async def test_pages_of_the_demo(house: House, chromium: Browser, axe: str, size: Any, scheme: Any) -> None:
    async with (
        visitor(chromium) as elsewhere,
        visitor(chromium, viewport=size, color_scheme=scheme) as context,
    ):
        page, window = await context.new_page(), {"axe": axe, "size": size, "scheme": scheme}
        await sign_in(await elsewhere.new_page(), house, "Alice Alder")
        await page.goto(house.demo)
        await expect(page.get_by_role("status")).to_have_text("You are not signed in.")
        await look_at(page, "demo-signed-out", **window)
        await page.get_by_role("link", name="Sign in with Microsoft").click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await look_at(page, "demo-cancelled", **window)
        await sign_in(page, house, "Alice Alder")
        await expect(page.locator("#whoami")).to_contain_text("200")
        await expect(page.locator("#sessions li")).to_have_count(2)
        await page.get_by_label("A note of yours").fill("Water the plants")
        await page.get_by_role("button", name="Keep it").click()
        await expect(page.locator("#notes li")).to_have_count(1)
        await look_at(page, "demo-signed-in", **window)
