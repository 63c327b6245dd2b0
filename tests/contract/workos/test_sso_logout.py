"""`/sso/logout`: an application signs somebody out at their provider, by leave that is good once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, authorize_url, served, signed_in
from tests.peers.microsoft import MicrosoftPeer

LEAVE = "/sso/logout/authorize"
NOBODY = "prof_01H40000000E00800000000000"


@pytest.fixture
async def there(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> AsyncIterator[tuple[RunningBroker, FrozenClock]]:
    """A broker whose sign-outs go on to Microsoft's."""
    changes = {**served(), "third_party.providers.microsoft.logout": {"rp_initiated": True}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as running:
        yield running, now


async def profile_of(browser: Browser, person: str = "alice") -> str:
    code = (await signed_in(browser, authorize_url("sso", login_hint=f"auto:{person}"))).query["code"]
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}
    found: str = json.loads((await browser.send("POST", "/sso/token", json=given)).body)["profile"]["id"]
    return found


async def leave(program: Browser, profile_id: object, key: str = API_KEY) -> Page:
    return await program.send(
        "POST", LEAVE, json={"profile_id": profile_id}, headers={"Authorization": f"Bearer {key}"}
    )


async def test_browser_goes_on_to_microsoft_and_comes_back_to_a_page_of_ours(
    there: tuple[RunningBroker, FrozenClock], emulator: MicrosoftPeer
) -> None:
    broker, _ = there
    async with broker.browser() as browser, broker.browser() as program:
        page = await leave(program, await profile_of(browser))
        found = json.loads(page.body)
        assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
        assert set(found) == {"logout_url", "logout_token"}
        assert found["logout_url"] == f"{broker.url}/sso/logout?token={found['logout_token']}"

        gone = await browser.get(found["logout_url"])
        assert (gone.status, gone.headers["Cache-Control"]) == (302, "no-store")
        assert (gone.location or "").startswith(f"{emulator.base_url}/common/oauth2/v2.0/logout?")
        asked = parse_qs(urlsplit(gone.location or "").query)
        assert asked["post_logout_redirect_uri"] == [f"{broker.url}/logout/return"]
        assert "You are signed out" in (await browser.get("/logout/return")).text


async def test_leave_is_good_once_and_for_five_minutes(there: tuple[RunningBroker, FrozenClock]) -> None:
    broker, now = there
    async with broker.browser() as browser, broker.browser() as program:
        profile_id = await profile_of(browser)
        used, late = [json.loads((await leave(program, profile_id)).body)["logout_url"] for _ in range(2)]
        assert (await browser.get(used)).status == 302
        again = await browser.get(used)
        assert (again.status, set(json.loads(again.body))) == (404, {"message"})
        now.advance(301)
        assert (await browser.get(late)).status == 404


async def test_prefetch_uses_nothing_up_and_a_frame_is_refused(there: tuple[RunningBroker, FrozenClock]) -> None:
    broker, _ = there
    async with broker.browser() as browser, broker.browser() as program:
        url = json.loads((await leave(program, await profile_of(browser))).body)["logout_url"]
        assert (await browser.get(url, Sec_Purpose="prefetch")).status == 204
        assert (await browser.get(url, Sec_Fetch_Dest="iframe")).status == 400
        assert (await browser.get(url)).status == 302


async def test_what_is_no_leave_is_not_found(there: tuple[RunningBroker, FrozenClock]) -> None:
    broker, _ = there
    async with broker.browser() as browser:
        own = broker.application.broker
        content = {"profile": "0197d000-0000-7000-8000-000000000000", "once": "x"}
        forged = (
            "",
            "a.b.c",
            "x" * 2000,
            own.signed.purpose("profile-sign-out").dumps({"profile": content["profile"]}),
            own.signed.purpose("profile-sign-out").dumps(content),
            own.signed.purpose("ticket").dumps(content),
            own.sign_out_states.seal("http://localhost:8888/"),
        )
        for token in forged:
            page = await browser.get(f"/sso/logout?token={token}")
            assert (page.status, set(json.loads(page.body))) == (404, {"message"})
        assert (await browser.get("/sso/logout")).status == 404


async def test_leave_of_somebody_who_is_gone_leads_nowhere(there: tuple[RunningBroker, FrozenClock]) -> None:
    broker, _ = there
    async with broker.browser() as browser, broker.browser() as program:
        url = json.loads((await leave(program, await profile_of(browser))).body)["logout_url"]
        async with broker.application.broker.store.transaction() as connection:
            await connection.execute("DELETE FROM users")
        assert (await browser.get(url)).status == 404


@pytest.mark.parametrize(
    ("profile_id", "status", "body"),
    [
        (NOBODY, 404, {"message": "there is no such profile"}),
        ("user_01H40000000E00800000000000", 404, {"message": "there is no such profile"}),
        ("", 400, {"error": "invalid_request", "error_description": "profile_id is missing"}),
        (7, 400, {"error": "invalid_request", "error_description": "profile_id must be a string"}),
    ],
)
async def test_what_names_no_profile_is_told_apart(
    program: Browser, profile_id: object, status: int, body: dict[str, str]
) -> None:
    page = await leave(program, profile_id)

    assert (page.status, json.loads(page.body)) == (status, body)


async def test_connection_without_sign_out_says_so(browser: Browser, program: Browser) -> None:
    page = await leave(program, await profile_of(browser))

    assert page.status == 400
    assert json.loads(page.body)["error"] == "connection_invalid"


async def test_leave_takes_an_api_key(browser: Browser, program: Browser) -> None:
    profile_id = await profile_of(browser)

    page = await leave(program, profile_id, key="sk_wrong_0123456789abcdef0123")
    assert (page.status, json.loads(page.body)) == (401, {"message": "Unauthorized"})
    assert (await program.send("POST", LEAVE, json={"profile_id": profile_id})).status == 401


async def test_emulators_people_are_not_signed_out_at_microsoft(there: tuple[RunningBroker, FrozenClock]) -> None:
    broker, _ = there
    async with broker.browser() as browser, broker.browser() as program:
        profile_id = await profile_of(browser)
        async with broker.application.broker.store.transaction() as connection:
            await connection.execute("UPDATE identities SET emulator = FALSE")
        assert (await leave(program, profile_id)).status == 400
