"""The pages in a browser: with one click and with the keyboard, without script, on a telephone, without barriers."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.chromium import IN_BROWSER
from tests.emulator.client import REDIRECT_URI, Client
from tests.emulator.test_logout import PATH as LOGOUT
from tests.emulator.test_pages import address
from tests.peers.microsoft import FIRST_CLIENT

pytestmark = IN_BROWSER

WIDTHS = [380, 1280]
PEOPLE = (
    "Alice Alder|Bob Baker|Carol Clark|Dave Doe|Erin Evans|Frank Fisher|Grace Green|Heidi Hall|Ivan Irving|Judy Jones|"
    "Ken King|Lena Lang|Mallory Moore|Mike Miller|Nina Novak|Oleg Orlov"
)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser without script whose requests to the application end in a blank page."""

    async def application(route: Route) -> None:
        await route.fulfill(body="<title>Application</title>", content_type="text/html")

    async with await chromium.new_context(java_script_enabled=False) as context:
        await context.route("http://localhost:8000/**", application)
        yield context


def answer(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_person_is_picked_with_one_click(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client))
    assert "|".join(await page.locator(".people button").all_inner_texts()) == PEOPLE
    await page.get_by_role("button", name="Alice").click()
    await page.wait_for_url(REDIRECT_URI + "?*")
    redeemed = await client.redeem(answer(page)["code"][0])
    assert (await client.verify(redeemed.json["id_token"]))["name"] == "Alice Alder"
    await page.goto(address(client))
    assert await page.locator("li", has_text="Alice Alder").locator(".badge").inner_text() == "Signed in"


async def test_person_is_typed_and_hint_is_typed_already(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client, login_hint="zed"))
    name = page.get_by_label("Or type a name")
    assert await name.input_value() == "zed"
    await name.press("Enter")
    assert await page.get_by_role("alert").inner_text() == "There is no account with this name."
    await name.fill("mallory@birch.example")
    await name.press("Enter")
    await page.wait_for_url(REDIRECT_URI + "?*")
    assert "code" in answer(page)


async def test_cancel_goes_back_to_the_application(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client))
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_url(REDIRECT_URI + "?*")
    assert answer(page) == {"error": ["access_denied"], "error_subcode": ["cancel"], "state": ["the-state"]}


async def test_after_an_error_another_account_can_be_chosen(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client))
    await page.get_by_role("button", name="Judy").click()
    assert "AADSTS50057" in await page.get_by_role("alert").inner_text()
    await page.get_by_role("link", name="Use another account").click()
    await page.get_by_role("button", name="Bob").click()
    await page.wait_for_url(REDIRECT_URI + "?*")
    assert "code" in answer(page)


@pytest.mark.parametrize("with_script", [True, False])
async def test_form_post_submits_itself_or_by_its_button(client: Client, chromium: Browser, with_script: bool) -> None:
    posted: list[str | None] = []

    async def application(route: Route) -> None:
        posted.append(route.request.post_data)
        await route.fulfill(body="<title>Application</title>", content_type="text/html")

    async with await chromium.new_context(java_script_enabled=with_script) as context:
        await context.route("http://localhost:8000/**", application)
        page = await context.new_page()
        await page.goto(address(client, login_hint="auto:alice", response_mode="form_post"))
        if not with_script:
            await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url(REDIRECT_URI)
    (form,) = posted
    assert form is not None
    assert parse_qs(form).keys() == {"code", "state", "session_state"}


async def every_page(client: Client) -> list[str]:
    """In this order one browser signs in, is asked for consent, and is signed out."""
    base = client.peer.base_url
    await client.peer.registrations(client_id=FIRST_CLIENT, add_redirect_uris=[f"{base}/"])
    return [
        address(client),
        address(client, login_hint="auto:judy"),
        address(client, login_hint="auto:alice", redirect_uri=f"{base}/"),
        address(client, login_hint="alice", scope="openid profile offline_access User.Read Mail.Read"),
        f"{base}/",
        f"{base}/error?code=50057",
        f"{base}/common/oauth2/v2.0/logout",
        f"{base}/requests",
    ]


@pytest.mark.parametrize("width", WIDTHS)
async def test_no_page_scrolls_sideways(client: Client, chromium: Browser, width: int) -> None:
    page = await chromium.new_page(viewport={"width": width, "height": 800})
    for url in await every_page(client):
        await page.goto(url)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_focus_can_be_seen_on_everything_that_takes_it(client: Client, chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.goto(address(client))
    # The outline of a person's button is drawn around the whole entry.
    outline = """() => { const e = document.activeElement;
        return [getComputedStyle(e), getComputedStyle(e, '::after')].some(s => parseFloat(s.outlineWidth) >= 2
            && s.outlineStyle !== 'none') }"""
    for _ in range(len(PEOPLE.split("|")) + 3):
        await page.keyboard.press("Tab")
        assert await page.evaluate(outline), await page.evaluate("document.activeElement.outerHTML")


@pytest.mark.npm
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_no_barrier(client: Client, chromium: Browser, axe: str, scheme: str, width: int) -> None:
    context = await chromium.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = await context.new_page()
    for url in await every_page(client):
        await page.goto(url)
        await page.evaluate(axe)
        found = await page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == [], url


async def test_pages_raise_nothing_in_the_console(client: Client, chromium: Browser) -> None:
    page = await chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for url in await every_page(client):
        await page.goto(url)
    assert said == []
    assert not [each for each in await client.peer.requests() if each["path"] == "/favicon.ico"]


@pytest.mark.parametrize("with_script", [True, False])
async def test_in_a_browser_everybody_is_told_before_it_goes_on(
    client: Client, chromium: Browser, with_script: bool
) -> None:
    told: list[str] = []

    async def application(route: Route) -> None:
        if "/out" in route.request.url:
            told.append(route.request.url)
        await route.fulfill(body="<title>Application</title>", content_type="text/html")

    await client.peer.registrations(client_id=FIRST_CLIENT, logout_url="http://localhost:8000/out")
    async with await chromium.new_context(java_script_enabled=with_script) as context:
        await context.route("http://localhost:8000/**", application)
        page = await context.new_page()
        sign_in = urlencode(client.authorization())
        await page.goto(f"{client.peer.base_url}/common/oauth2/v2.0/authorize?{sign_in}")
        await page.get_by_role("button", name="Alice").click()
        await page.wait_for_url(f"{REDIRECT_URI}?*")
        sid = parse_qs(urlsplit(page.url).query)["session_state"][0]
        query = urlencode({"post_logout_redirect_uri": REDIRECT_URI, "state": "s"})
        await page.goto(f"{client.peer.base_url}{LOGOUT}?{query}", wait_until="commit")
        await page.wait_for_url(f"{REDIRECT_URI}?state=s")
    assert told == [f"http://localhost:8000/out?sid={sid}"]


async def test_page_reads_well_without_script(client: Client, chromium: Browser) -> None:
    await client.authorize("alice", redirect_uri="http://localhost:8000/other")
    context = await chromium.new_context(java_script_enabled=False)
    shown = await context.new_page()
    await shown.goto(f"{client.peer.base_url}/requests")
    await shown.get_by_text("redirect_uri is not registered").wait_for()
    await shown.get_by_text("What was sent").click()
    assert await shown.get_by_text("http://localhost:8000/other", exact=True).is_visible()
    await context.close()
