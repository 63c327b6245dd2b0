"""The pages as a browser has them. What needs no browser is checked without one."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.emulator.client import REDIRECT_URI, Client
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer

WIDTHS = [380, 1280]
PEOPLE = (
    "Alice Alder|Bob Baker|Carol Clark|Dave Doe|Erin Evans|Frank Fisher|Grace Green|Heidi Hall|Ivan Irving|Judy Jones|"
    "Ken King|Lena Lang|Mallory Moore|Mike Miller|Nina Novak|Oleg Orlov"
)


def address(client: Client, **changes: str | None) -> str:
    query = urlencode(client.authorization(**changes))
    return f"{client.peer.base_url}/common/oauth2/v2.0/authorize?{query}"


@pytest.mark.parametrize("path", ["/", "/error?code=50057", "authorize", "judy", "form_post"])
async def test_pages_allow_nothing_but_their_own_style(client: Client, path: str) -> None:
    urls = {
        "authorize": address(client),
        "judy": address(client, login_hint="auto:judy"),
        "form_post": address(client, login_hint="auto:alice", response_mode="form_post"),
    }
    headers = (await client.send("GET", urls.get(path, path))).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["style-src"])
    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert (policy["script-src"] == "'none'") == (path != "form_post")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]


async def test_what_comes_from_outside_is_escaped(client: Client) -> None:
    page = (await client.send("GET", address(client, login_hint='"><script>alert(1)</script>', state="<b>"))).text
    assert "<script" not in page
    assert "<b>" not in page


async def test_typed_name_that_nobody_has_is_told_on_the_page(client: Client) -> None:
    request = urlencode(client.authorization())
    answer = await client.send("POST", "/common/login", data={"request": request, "username": "zed"})
    assert answer.status == 200
    assert 'role="alert"' in answer.text
    assert 'value="zed"' in answer.text
    empty = await client.send("POST", "/common/login", data={"request": request, "username": ""})
    assert "Type a name" in empty.text


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser without script whose requests to the application end in a blank page."""

    async def application(route: Route) -> None:
        await route.fulfill(body="<title>Application</title>", content_type="text/html")

    async with await chromium.new_context(java_script_enabled=False) as context:
        await context.route("http://localhost:8000/**", application)
        yield context


def answer(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
async def test_cancel_goes_back_to_the_application(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client))
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_url(REDIRECT_URI + "?*")
    assert answer(page) == {"error": ["access_denied"], "error_subcode": ["cancel"], "state": ["the-state"]}


@pytest.mark.browser
async def test_after_an_error_another_account_can_be_chosen(client: Client, browser: BrowserContext) -> None:
    page = await browser.new_page()
    await page.goto(address(client))
    await page.get_by_role("button", name="Judy").click()
    assert "AADSTS50057" in await page.get_by_role("alert").inner_text()
    await page.get_by_role("link", name="Use another account").click()
    await page.get_by_role("button", name="Bob").click()
    await page.wait_for_url(REDIRECT_URI + "?*")
    assert "code" in answer(page)


@pytest.mark.browser
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


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
async def test_no_page_scrolls_sideways(client: Client, chromium: Browser, width: int) -> None:
    page = await chromium.new_page(viewport={"width": width, "height": 800})
    for url in await every_page(client):
        await page.goto(url)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
async def test_pages_raise_nothing_in_the_console(
    client: Client, chromium: Browser, microsoft_emulator: MicrosoftPeer
) -> None:
    page = await chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for url in await every_page(client):
        await page.goto(url)
    assert said == []
    assert not [each for each in await microsoft_emulator.requests() if each["path"] == "/favicon.ico"]
