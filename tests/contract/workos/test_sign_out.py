"""`GET /user_management/sessions/logout`: ends the session it names, and goes on to registered addresses only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from broker.web.workos.ids import spelled
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import (
    CLIENT_ID,
    OTHER_CLIENT_ID,
    SIGN_OUT,
    application,
    other_application,
    served,
)
from tests.contract.workos.sessions import OF_THE_PAGE, begun, claims_of, error_of, renewed, told
from tests.peers.microsoft import MicrosoftPeer

REFRESH, HINT = f"wos-rt-{CLIENT_ID}", "workos-has-session"
OTHER_SIGN_OUT = "http://localhost:8888/others-signed-out"
NOBODY = "session_01JEXAMPLE0000000000000000"


async def left(browser: Browser, headers: Mapping[str, str] | None = None, **query: Any) -> Page:
    return await browser.send("GET", f"/user_management/sessions/logout?{urlencode(query)}", headers=headers)


async def test_session_ends_and_the_browser_goes_where_the_application_says(browser: Browser) -> None:
    answer = await begun(browser)
    page = await left(browser, session_id=claims_of(answer)["sid"], return_to=SIGN_OUT)

    assert (page.status, page.location) == (302, SIGN_OUT)
    assert page.headers["Cache-Control"] == "no-store"
    assert error_of(await renewed(browser, answer["refresh_token"])) == (400, "invalid_grant")


async def test_session_ends_in_the_trail_as_signed_out(broker: RunningBroker, browser: Browser) -> None:
    await left(browser, session_id=claims_of(await begun(browser))["sid"])

    async with broker.application.broker.store.read() as c:
        (row,) = await c.fetch_all("SELECT detail FROM audit_entries WHERE type = 'session.ended'")
    assert row["detail"] == '{"reason": "logout"}'


FOREIGN = (
    "https://evil.example/",
    "https://evil.example/signed-out",
    SIGN_OUT + "/further",
    SIGN_OUT + "?with=query",
    SIGN_OUT.replace("http:", "https:"),
    "http://localhost:8888@evil.example/signed-out",
    "http://localhost:8888\\@evil.example/signed-out",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost:8888/callback",
    OTHER_SIGN_OUT,
)


async def test_address_that_is_not_registered_is_never_followed_and_the_session_ends(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = served(application(), other_application(sign_out_redirects=[OTHER_SIGN_OUT]))
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        for return_to in FOREIGN:
            answer = await begun(browser)
            page = await left(browser, session_id=claims_of(answer)["sid"], return_to=return_to)

            assert (page.status, page.location) == (200, None), return_to
            assert "text/html" in page.headers["Content-Type"]
            assert return_to not in page.text
            assert error_of(await renewed(browser, answer["refresh_token"])) == (400, "invalid_grant")


async def test_relative_address_says_nothing(browser: Browser) -> None:
    for return_to in ("", "/", "/bye", "//evil.example/", "evil.example", "\\\\evil.example"):
        page = await left(browser, session_id=claims_of(await begun(browser))["sid"], return_to=return_to)

        assert (page.status, page.location) == (302, SIGN_OUT), return_to


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"sign_out_redirects": ["http://localhost:8888/first", SIGN_OUT]}, "http://localhost:8888/first"),
        ({"sign_out_redirects": ["http://localhost:*/bye", SIGN_OUT]}, SIGN_OUT),
        ({"sign_out_redirects": [], "homepage_url": "https://app.example.com/"}, "https://app.example.com/"),
        ({"sign_out_redirects": []}, None),
    ],
)
async def test_without_an_address_the_application_says_in_advance_where(
    tmp_path: Path, emulator: MicrosoftPeer, changes: dict[str, object], location: str | None
) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=served(application(**changes))) as broker,
        broker.browser() as browser,
    ):
        page = await left(browser, session_id=claims_of(await begun(browser))["sid"])
        assert page.location == location
        assert page.status == (200 if location is None else 302)


@pytest.mark.parametrize("return_to", [SIGN_OUT, None, "https://evil.example/"])
async def test_session_that_there_is_not_shows_no_difference(
    tmp_path: Path, emulator: MicrosoftPeer, return_to: str | None
) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=served(application())) as broker,
        broker.browser() as browser,
    ):
        query: dict[str, Any] = {} if return_to is None else {"return_to": return_to}
        ended = await left(browser, session_id=claims_of(await begun(browser))["sid"], **query)
        for session_id in (NOBODY, "session_", "user_01JEXAMPLE0000000000000000", "x" * 5000, "\u0000"):
            page = await left(browser, session_id=session_id, **query)
            assert (page.status, page.location, page.body) == (ended.status, ended.location, ended.body)


async def test_browser_that_knows_two_applications_is_sent_where_either_says_and_to_the_default_of_none(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = served(application(), other_application(sign_out_redirects=[OTHER_SIGN_OUT]))
    both = {"Cookie": f"{REFRESH}=one; wos-rt-{OTHER_CLIENT_ID}=other"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        for place in (SIGN_OUT, OTHER_SIGN_OUT):
            page = await left(browser, both, session_id=NOBODY, return_to=place)
            assert (page.status, page.location) == (302, place)
        assert (await left(browser, both, session_id=NOBODY)).status == 200


async def test_without_a_session_id_nothing_is_done(browser: Browser) -> None:
    given: tuple[dict[str, Any], ...] = ({}, {"session_id": ""})
    for query in given:
        page = await left(browser, return_to=SIGN_OUT, **query)
        assert (page.status, page.location) == (422, None)
        assert page.headers["Content-Type"] == "application/json"


async def test_browser_forgets_its_token_and_the_hint_of_this_application(browser: Browser) -> None:
    sid = claims_of(await begun(browser, OF_THE_PAGE))["sid"]
    assert browser.cookie(HINT) == CLIENT_ID
    page = await left(browser, session_id=sid, return_to=SIGN_OUT)

    dropped = {each.split("=")[0]: each for each in page.set_cookies}
    assert dropped[REFRESH] == f"{REFRESH}=; Path=/user_management; Max-Age=0; HttpOnly; SameSite=Lax"
    assert dropped[HINT] == f"{HINT}=; Path=/; Max-Age=0; SameSite=Lax"
    assert browser.cookie_names() & {REFRESH, HINT} == set()


async def test_browser_keeps_what_it_has_of_another_application(browser: Browser) -> None:
    other = await begun(browser, OF_THE_PAGE, client_id=OTHER_CLIENT_ID, start={"client_id": OTHER_CLIENT_ID})
    sid = claims_of(await begun(browser, OF_THE_PAGE))["sid"]
    assert browser.cookie(HINT) == f"{OTHER_CLIENT_ID}.{CLIENT_ID}"
    await left(browser, session_id=sid)

    assert browser.cookie(HINT) == OTHER_CLIENT_ID
    again = told(await renewed(browser, None, OF_THE_PAGE, client_id=OTHER_CLIENT_ID))
    assert again["user"]["id"] == other["user"]["id"]


async def test_link_that_names_no_session_takes_nothing_from_the_browser(browser: Browser) -> None:
    await begun(browser, OF_THE_PAGE)
    page = await left(browser, session_id=NOBODY)

    assert page.set_cookies == ()
    assert told(await renewed(browser, None, OF_THE_PAGE))


async def test_link_to_an_older_session_leaves_the_newer_one_of_the_browser(browser: Browser) -> None:
    old = claims_of(await begun(browser, OF_THE_PAGE))["sid"]
    await begun(browser, OF_THE_PAGE)
    await left(browser, session_id=old)

    assert told(await renewed(browser, None, OF_THE_PAGE))


async def test_session_of_our_own_pages_is_not_ended_by_a_link(alice: Browser) -> None:
    (session,) = json.loads((await alice.get("/sessions")).body)
    page = await left(alice, session_id=spelled("session", session["id"]))

    assert page.status in (200, 302)
    assert (await alice.get("/me")).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Purpose": "prefetch"}, 204),
        ({"Purpose": "prefetch"}, 204),
        # What `<link rel=prefetch>` sends, and the libraries that look ahead at links a mouse passes over.
        ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "no-cors", "Sec-Purpose": "prefetch"}, 204),
        ({"Sec-Fetch-Dest": "image"}, 422),
        ({"Sec-Fetch-Dest": "iframe"}, 422),
        ({"Sec-Fetch-Dest": "script"}, 422),
        ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "no-cors"}, 302),
        ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}, 302),
    ],
)
async def test_only_a_page_load_or_a_script_signs_out(
    browser: Browser, headers: Mapping[str, str], status: int
) -> None:
    answer = await begun(browser)
    page = await left(browser, headers, session_id=claims_of(answer)["sid"])

    assert page.status == status
    assert (await renewed(browser, answer["refresh_token"])).status == (400 if status == 302 else 200)


async def test_head_and_post_sign_nobody_out(browser: Browser) -> None:
    answer = await begun(browser)
    path = "/user_management/sessions/logout?" + urlencode({"session_id": claims_of(answer)["sid"]})
    for method in ("HEAD", "POST"):
        assert (await browser.send(method, path)).status == 405

    assert told(await renewed(browser, answer["refresh_token"]))


async def test_repeated_parameter_is_refused(browser: Browser) -> None:
    sid = claims_of(await begun(browser))["sid"]
    page = await browser.get(f"/user_management/sessions/logout?session_id={sid}&session_id={NOBODY}")

    assert page.status == 422
