"""`provider=authkit`: the page on which people choose for an application, and where they come back to."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from broker.clock import FrozenClock
from broker.web.cookies import SIGN_IN_SECONDS
from broker.web.page_tickets import KNOWN_SECONDS, TICKET_SECONDS
from broker.web.workos import ids
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.hosted.pages import alert, choices, choose, follow
from tests.contract.hosted.test_last_used import alder
from tests.contract.workos.applications import CLIENT_ID, REDIRECT_URI, application, authorize_url, served, signed_in
from tests.contract.workos.tenants import a_connection, an_organization
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer

MICROSOFT = "Continue with Microsoft"
SIGN_IN_URL = "http://localhost:8888/begin"


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock) -> AsyncIterator[RunningBroker]:
    """Two providers, one of them with a registration of its own: organizations may have connections by it."""
    microsoft = {"client_id": FIRST_CLIENT, "secret": SECRET, "cloud": "custom", "authority": emulator.base_url}
    changes = served(application(name="Alder's <Desk>", sign_in_url=SIGN_IN_URL)) | {
        "third_party.providers": {"microsoft": microsoft},
        "third_party.custom_providers": {"alder": {**alder(emulator), "client_id": "another"}},
    }
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as running:
        yield running


async def opened(browser: Browser, **changes: str | None) -> Page:
    """The page that an application's request leads to."""
    begun = await browser.get(authorize_url(**{"provider": "authkit", **changes}))
    assert begun.status == 302
    assert begun.location is not None
    assert begun.location.startswith(browser.url + "/login?ticket=")
    return await browser.get(begun.location)


async def test_page_names_the_application_and_leads_back_to_it_with_code_and_state(browser: Browser) -> None:
    page = await opened(browser)
    assert "to continue to Alder&#39;s &lt;Desk&gt;" in page.text
    assert list(choices(page)) == [MICROSOFT, "Continue with Alder"]
    there = await choose(browser, page, MICROSOFT)
    assert there.status == 302
    assert there.location is not None
    assert there.location.startswith(REDIRECT_URI + "?code=")
    assert there.query["state"] == "its own state"


async def test_failure_stays_on_the_page_until_the_person_gives_up(browser: Browser) -> None:
    page = await opened(browser, login_hint="auto:alice:cancel")
    back = await choose(browser, page, MICROSOFT)
    assert "Sign-in was cancelled." in alert(back)
    link = back.text.partition('<p class="aside"><a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link.startswith(REDIRECT_URI + "?")
    told = dict(parse_qsl(urlsplit(link).query))
    assert told["error"] == "access_denied"
    assert told["state"] == "its own state"


async def test_way_back_from_a_provider_that_is_away_tells_no_failure_of_ours(
    browser: Browser, emulator: MicrosoftPeer
) -> None:
    await emulator.fault("authorize", error="server_error")
    back = await choose(browser, await opened(browser), MICROSOFT)

    link = back.text.partition('<p class="aside"><a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert dict(parse_qsl(urlsplit(link).query))["error"] == "oauth_failed"


async def test_screen_and_language_are_those_that_the_application_asks_for(browser: Browser) -> None:
    page = await opened(browser, screen_hint="sign-up", ui_locales="fr")
    assert "<h1>Créer un compte</h1>" in page.text


async def test_page_of_one_provider_is_passed_by_and_shown_when_the_sign_in_fails(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=served()) as running,
        running.browser() as browser,
    ):
        assert (await signed_in(browser, authorize_url(provider="authkit"))).query["state"] == "its own state"
        failed = await signed_in(browser, authorize_url(provider="authkit", login_hint="auto:alice:cancel"))
        assert failed.url.startswith(browser.url + "/login?ticket=")
        assert "Sign-in was cancelled." in alert(failed)
        assert list(choices(failed)) == ["Try again with Microsoft · emulator"]


async def test_organization_shows_its_own_connections_first_and_no_other_organizations(
    program: Browser, browser: Browser
) -> None:
    birch, cedar = [(await an_organization(program, name))["id"] for name in ("Birch", "Cedar")]
    await a_connection(program, birch, name="Birch staff")
    await a_connection(program, birch, name="Birch guests")
    other = await a_connection(program, cedar, name="Cedar")
    page = await opened(browser, organization_id=birch)
    shown = choices(page)
    assert list(shown) == ["Continue with Birch staff", "Continue with Birch guests", MICROSOFT, "Continue with Alder"]
    there = await choose(browser, page, "Continue with Birch guests")
    assert there.query["state"] == "its own state"
    again = await opened(browser, organization_id=birch)
    assert next(iter(choices(again))) == "Continue with Birch guests Last used"

    foreign = shown["Continue with Birch staff"].partition("&ticket=")[2]
    provider = f"microsoft:{ids.read('conn', other['id'])}"
    chosen = await browser.get(f"/login/start?provider={provider}&ticket={foreign}")
    assert chosen.location is not None
    assert chosen.location.startswith("http://localhost:8888/error?error=invalid_request")


async def test_page_that_lay_open_too_long_leads_to_where_the_application_begins(
    browser: Browser, now: FrozenClock
) -> None:
    page = await opened(browser)
    now.advance(TICKET_SECONDS)
    assert (await browser.get(page.url)).status == 200
    now.advance(1)
    for url in (page.url, choices(page)[MICROSOFT]):
        late = await browser.get(url)
        assert (late.status, late.location) == (303, SIGN_IN_URL)
    now.advance(KNOWN_SECONDS)
    forgotten = await browser.get(page.url)
    assert (forgotten.status, forgotten.query["error"]) == (303, "sign_in_expired")


async def test_page_that_lay_open_too_long_for_an_application_that_says_nothing_of_it_is_an_error(
    broker: RunningBroker, browser: Browser, now: FrozenClock
) -> None:
    page = await opened(browser)
    await broker.reload({"workos.applications": [application(client_id=CLIENT_ID)]})
    now.advance(TICKET_SECONDS + 1)
    assert (await browser.get(page.url)).query["error"] == "sign_in_expired"


async def test_who_takes_too_long_at_the_provider_comes_back_to_the_page_and_can_try_again(
    browser: Browser, now: FrozenClock
) -> None:
    page = await opened(browser)
    callback = await _up_to_the_callback(browser, choices(page)[MICROSOFT])
    now.advance(SIGN_IN_SECONDS + 1)
    back = await follow(browser, callback)
    assert "This sign-in took too long" in alert(back)
    again = await choose(browser, back, "Try again with Microsoft")
    assert again.query["state"] == "its own state"
    assert "code" in again.query


async def test_application_without_the_page_is_told_that_somebody_took_too_long(
    browser: Browser, now: FrozenClock
) -> None:
    callback = await _up_to_the_callback(browser, authorize_url())
    now.advance(SIGN_IN_SECONDS + 1)
    told = await browser.get(callback)
    assert (told.location or "").startswith(REDIRECT_URI + "?")
    assert (told.query["error"], told.query["state"]) == ("oauth_failed", "its own state")


async def _up_to_the_callback(browser: Browser, url: str) -> str:
    while not url.startswith(f"{browser.url}/thirdparty/callback"):
        url = (await browser.get(url)).location or ""
        assert url
    return url
