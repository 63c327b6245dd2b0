"""The published authkit-js in Chromium, newest version and the one before, in both of its modes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from broker.clock import FrozenClock
from tests.chromium import IN_BROWSER
from tests.contract.hanko.browser.place import walker
from tests.contract.workos.applications import CLIENT_ID
from tests.contract.workos.browser.pages import BUNDLES, COOKIE, STORAGE
from tests.contract.workos.browser.place import Place, forced, opened, ready, running_place, sign_in, who
from tests.contract.workos.sdks.matrix import Call, missing, problems, recorded
from tests.contract.workos.sdks.running import npm_version
from tests.e2e.house import pick

pytestmark = [*IN_BROWSER, pytest.mark.npm]
MODES = (COOKIE, STORAGE)
ALICE = "alice@alder.example"
SERVERS_ROWS = (1, 3, 4, 5, 10, 11, 12, 13, 14, 16, 17)
"""What a page must not or need not ask: this SDK has no word for it."""


async def preflights(page: Page) -> list[int]:
    """The statuses of the preflights that the browser sends for this page from now on."""
    found: list[int] = []
    asked: set[str] = set()
    watch = await page.context.new_cdp_session(page)

    def note_request(what: dict[str, Any]) -> None:
        if what["request"]["method"] == "OPTIONS":
            asked.add(what["requestId"])

    def note_response(what: dict[str, Any]) -> None:
        if what["requestId"] in asked:
            found.append(what["response"]["status"])

    watch.on("Network.requestWillBeSent", note_request)
    watch.on("Network.responseReceived", note_response)
    await watch.send("Network.enable")
    return found


async def addressed(page: Page, call: str) -> dict[str, str]:
    """The parameters of the address that a call of the SDK makes."""
    url = urlsplit(await page.evaluate(call))
    assert url.path == "/user_management/authorize"
    return {name: values[0] for name, values in parse_qs(url.query).items()}


async def walked(page: Page, place: Place, bundle: str, mode: str) -> list[Call]:
    """Sign in, load again, sign out."""
    seen = await preflights(page)
    began = {COOKIE: "signIn", STORAGE: "signUp"}[mode]
    await sign_in(page, place.page(mode, bundle), by=began)
    assert await page.evaluate("told.state") == {"came": "from here"}
    assert seen == [204]
    await page.reload()
    await ready(page)
    assert (await who(page), await forced(page)) == (ALICE, "")
    hint = await addressed(page, "client.getSignUpUrl()")
    assert (hint["provider"], hint["screen_hint"], hint["client_id"]) == ("authkit", "sign-up", CLIENT_ID)
    assert "screen_hint" not in await addressed(page, "client.getSignInUrl()")
    await page.evaluate("returnTo => client.signOut({returnTo})", f"{place.app}/signed-out")
    await page.wait_for_url(f"{place.app}/signed-out")
    assert await place.sessions() == 0
    await opened(page, place.page(mode, bundle))
    assert await who(page) is None
    called = {
        2: began,
        6: f"{began}, getSignInUrl, getSignUpUrl",
        7: "on callback",
        8: "getAccessToken",
        9: "preflight",
    }
    return [Call(row=row, call=f"{call} ({mode})") for row, call in {**called, 15: "signOut"}.items()]


@pytest.mark.parametrize("bundle", BUNDLES)
async def test_published_sdk_signs_in_comes_back_and_signs_out_in_both_modes(
    place: Place, chromium: Browser, record_property: Callable[[str, object], None], bundle: str
) -> None:
    calls = [Call(row=row, call=None) for row in SERVERS_ROWS]
    for mode in MODES:
        async with walker(chromium) as context:
            try:
                calls += await walked(await context.new_page(), place, bundle, mode)
            except AssertionError as error:
                calls.append(Call(row=6, call=mode, problem=str(error)))

    record_property(*recorded(f"authkit-js {npm_version(BUNDLES[bundle])}", calls))
    assert "\n".join(problems(calls)) == ""
    assert missing(calls) == set()


async def test_no_script_of_the_page_reads_the_refresh_token_that_is_a_cookie(
    place: Place, page: Page, context: BrowserContext
) -> None:
    await sign_in(page, place.page(COOKIE))

    held = {cookie["name"]: cookie for cookie in await context.cookies()}
    assert held[f"wos-rt-{CLIENT_ID}"]["httpOnly"]
    assert await page.evaluate("document.cookie") == f"workos-has-session={CLIENT_ID}"
    assert await page.evaluate("JSON.stringify(localStorage)") == "{}"


@pytest.mark.parametrize("mode", MODES)
async def test_two_tabs_that_refresh_at_once_both_stay_signed_in(
    place: Place, page: Page, context: BrowserContext, mode: str
) -> None:
    await sign_in(page, place.page(mode))
    other = await context.new_page()
    await opened(other, place.page(mode))

    for _ in range(3):
        assert list(await asyncio.gather(forced(page), forced(other))) == ["", ""]
    assert (await who(page), await who(other)) == (ALICE, ALICE)
    assert await place.sessions() == 1


@pytest.mark.parametrize("mode", MODES)
async def test_who_signed_out_in_one_tab_is_asked_to_sign_in_by_the_other(
    place: Place, page: Page, context: BrowserContext, mode: str
) -> None:
    await sign_in(page, place.page(mode))
    other = await context.new_page()
    await opened(other, place.page(mode))
    await page.evaluate("returnTo => client.signOut({returnTo})", f"{place.app}/signed-out")
    await page.wait_for_url(f"{place.app}/signed-out")

    assert await forced(other) == "LoginRequiredError"
    assert await who(other) is None
    assert await other.evaluate("told.failed") == 1
    await sign_in(other, place.page(mode))
    assert await who(other) == ALICE


async def test_who_signs_out_without_leaving_the_page_is_signed_out_at_the_broker(place: Place, page: Page) -> None:
    await sign_in(page, place.page(STORAGE))

    await page.evaluate("client.signOut({navigate: false})")

    assert await who(page) is None
    assert await place.sessions() == 0


@pytest.mark.parametrize("mode", MODES)
async def test_expired_session_is_no_session_when_it_is_refreshed(
    tmp_path: Path, page: Page, now: FrozenClock, mode: str
) -> None:
    async with running_place(tmp_path, clock=now, refresh_lifespan="1h") as place:
        await sign_in(page, place.page(mode))
        now.advance(3_601)

        assert await forced(page) == "LoginRequiredError"
        assert await page.evaluate("told.failed") == 1
        await opened(page, place.page(mode))
        assert await who(page) is None
        await page.goto("about:blank")


async def test_person_who_declines_at_microsoft_tries_again_on_our_page(place: Place, page: Page) -> None:
    await opened(page, place.page(COOKIE))
    await page.evaluate("void client.signIn()")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("alert")).to_contain_text("Sign-in was cancelled.")

    await page.get_by_role("link", name="Microsoft").click()
    await pick(page, "Alice Alder")
    await page.wait_for_url(place.page(COOKIE))
    await page.wait_for_function("window.client?.getUser()")
    assert await who(page) == ALICE


@pytest.mark.parametrize("mode", MODES)
async def test_database_that_is_away_for_a_moment_signs_nobody_out(
    tmp_path: Path, chromium: Browser, mode: str
) -> None:
    async with running_place(tmp_path) as place, chromium_page(chromium) as page:
        await sign_in(page, place.page(mode))
        await place.application.broker.store.close()

        assert await forced(page) == "RefreshError"
        assert (await who(page), await page.evaluate("told.failed")) == (ALICE, 0)


@asynccontextmanager
async def chromium_page(chromium: Browser) -> AsyncIterator[Page]:
    """A tab whose console may complain."""
    context = await chromium.new_context()
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def test_page_whose_origin_is_not_registered_gets_no_session(tmp_path: Path, chromium: Browser) -> None:
    async with running_place(tmp_path, allowed_origins=[]) as place, chromium_page(chromium) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await opened(page, place.page(COOKIE))
        await page.evaluate("void client.signIn()")
        await pick(page, "Alice Alder")
        await page.wait_for_url(place.page(COOKIE))
        await ready(page)

        assert await who(page) is None
        assert [text for text in said if "has been blocked by CORS policy" in text]
        assert await place.sessions() == 0
        assert "workos-has-session" not in await page.evaluate("document.cookie")
