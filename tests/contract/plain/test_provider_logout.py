"""Signed out at the provider: its page frames our address, and exactly the sessions of that `sid` end."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer, token_of, validated, whoami
from tests.observed import all_rows
from tests.peers.microsoft import MicrosoftPeer

PATH = "/thirdparty/logout/microsoft"
LOGOUT = "third_party.providers.microsoft.logout"
SID = "5e55ed00-0000-4000-8000-0000000000aa"
OTHER_SID = "5e55ed00-0000-4000-8000-0000000000bb"


async def signed_in(browser: Browser, emulator: MicrosoftPeer, sid: str, person: str = "alice") -> str:
    """The session token of somebody whose session at Microsoft is called `sid`."""
    await emulator.claims(set={"sid": sid})
    assert (await browser.sign_in(person)).status == 303
    return token_of(browser)


async def told_to_end(program: Browser, **parameters: str) -> Page:
    """What the frame in Microsoft's page loads: by a browser that sends no cookie of ours."""
    headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    return await program.send("GET", f"{PATH}?{urlencode(parameters)}", headers=headers)


def seen(page: Page) -> tuple[int, bytes, Mapping[str, str]]:
    """All of an answer that somebody could learn from."""
    headers = {name: value for name, value in page.headers.items() if name.lower() not in ("x-request-id", "date")}
    return page.status, page.body, headers


async def test_the_sessions_of_that_sid_end_and_no_other(
    broker: RunningBroker, browser: Browser, program: Browser, emulator: MicrosoftPeer
) -> None:
    here = await signed_in(browser, emulator, SID)
    async with broker.browser() as second, broker.browser() as third:
        there = await signed_in(second, emulator, SID)
        elsewhere = await signed_in(third, emulator, OTHER_SID)
        assert (await told_to_end(program, sid=SID)).status == 200
    assert [await whoami(program, bearer(token)) for token in (here, there, elsewhere)] == [401, 401, 200]


async def test_the_trail_says_who_ended_it(
    browser: Browser, program: Browser, emulator: MicrosoftPeer, broker: RunningBroker
) -> None:
    await signed_in(browser, emulator, SID)
    await told_to_end(program, sid=SID)
    entries = (await all_rows(broker.application.broker.store))["audit_entries"]
    ended = [row for row in map(str, entries) if "session.ended" in row]
    assert len(ended) == 1
    assert "provider_logout" in ended[0]


async def test_answer_tells_nothing(browser: Browser, program: Browser, emulator: MicrosoftPeer) -> None:
    """An empty page, the same to the byte, whether something ended, nothing did, or nothing could."""
    await signed_in(browser, emulator, SID)
    answers = [
        await told_to_end(program, sid=OTHER_SID),
        await told_to_end(program, sid=SID),
        await told_to_end(program, sid=SID),
        await told_to_end(program),
        await told_to_end(program, sid=""),
        await told_to_end(program, sid="x" * 4000),
        await told_to_end(program, sid="a\x00b"),
        await told_to_end(program, sid=OTHER_SID, iss="https://login.attacker.example/v2.0"),
        await program.get(f"{PATH}?sid={SID}&sid={OTHER_SID}"),
        await program.get(f"{PATH}?sid=%ff"),
        await program.get(PATH),
    ]
    assert all(seen(page) == seen(answers[0]) for page in answers)
    assert (answers[0].status, answers[0].body, answers[0].set_cookies) == (200, b"", ())
    assert answers[0].headers["Cache-Control"] == "no-cache, no-store"
    assert answers[0].headers["Pragma"] == "no-cache"


@pytest.mark.parametrize(
    "query",
    [
        "sid={sid}&sid={sid}",
        "sid={sid}&iss=https://login.attacker.example/v2.0",
        "sid={sid}%00",
        "sid=%20{sid}",
        "SID={sid}",
    ],
)
async def test_what_is_not_plainly_its_sid_ends_nothing(
    query: str, browser: Browser, program: Browser, emulator: MicrosoftPeer
) -> None:
    token = await signed_in(browser, emulator, SID)
    assert (await program.get(f"{PATH}?{query.format(sid=SID)}")).status == 200
    assert await whoami(program, bearer(token)) == 200


async def test_its_own_issuer_may_stand_beside_the_sid(
    browser: Browser, program: Browser, emulator: MicrosoftPeer
) -> None:
    token = await signed_in(browser, emulator, SID)
    tenant = "a11d0000-0000-4000-8000-000000000001"
    await told_to_end(program, sid=SID, iss=f"{emulator.base_url}/{tenant}/v2.0")
    assert await whoami(program, bearer(token)) == 401


async def test_the_cookie_of_whoever_asks_does_not_matter(alice: Browser, emulator: MicrosoftPeer) -> None:
    """Were it looked at, any page could sign out whoever visits it."""
    await alice.get(f"{PATH}?sid={OTHER_SID}")
    assert (await alice.get("/me")).status == 200


async def test_only_the_providers_pages_may_frame_it(program: Browser, emulator: MicrosoftPeer) -> None:
    page = await told_to_end(program, sid=SID)
    assert f"frame-ancestors {emulator.base_url};" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    for other in ("/logout", "/", "/thirdparty/logout/nobody"):
        headers = (await program.get(other)).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
async def test_no_other_method_is_served(method: str, program: Browser) -> None:
    assert (await program.send(method, f"{PATH}?sid={SID}")).status == 405


async def test_code_that_waits_to_become_such_a_session_goes_as_well(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    """The application is slower than the sign-out: its code must not make a session of what has ended."""
    changes = {"session.delivery": "token"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        codes = []
        for sid in (SID, OTHER_SID):
            await emulator.claims(set={"sid": sid})
            codes.append((await browser.sign_in("alice")).query["hanko_token"])
        await told_to_end(browser, sid=SID)
        redeemed = [await browser.send("POST", "/token", json={"value": code}) for code in codes]
        assert [page.status for page in redeemed] == [404, 200]
        await told_to_end(browser, sid=OTHER_SID)
        assert await validated(browser, token_of(browser)) == {"is_valid": False}


async def test_whoever_tries_out_sids_is_limited(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    """By address; this machine's own are not, so a proxy's clients stand for the world."""
    one_a_minute = {"rate_limiter": {"callbacks": "1/m"}}
    running = running_broker(base_dir=tmp_path, emulator=emulator, changes=one_a_minute)
    async with running as broker, broker.browser() as browser:
        clients = ("203.0.113.5", "203.0.113.5", "203.0.113.6")
        pages = [await browser.get(f"{PATH}?sid={SID}", X_Forwarded_For=client) for client in clients]
    assert [page.status for page in pages] == [200, 429, 200]


@pytest.fixture
async def silent(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """A broker that listens to no sign-out elsewhere, with a second provider that knows none."""
    custom: Mapping[str, Any] = {
        "enabled": True,
        "display_name": "Acme",
        "client_id": "broker",
        "secret": "a-secret",
        "issuer": emulator.base_url,
        "use_discovery": True,
    }
    changes = {f"{LOGOUT}.frontchannel": False, "third_party.custom_providers": {"acme": custom}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def test_where_it_is_off_or_unknown_nothing_is_there(silent: RunningBroker, emulator: MicrosoftPeer) -> None:
    async with silent.browser() as browser:
        token = await signed_in(browser, emulator, SID)
        for provider in ("microsoft", "custom_acme", "nobody", "Microsoft"):
            page = await browser.get(f"/thirdparty/logout/{provider}?sid={SID}")
            assert (page.status, page.headers["X-Frame-Options"]) == (404, "DENY")
        assert await whoami(browser, bearer(token)) == 200
