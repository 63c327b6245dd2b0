"""The refresh grant of `POST /user_management/authenticate`: another token each time, and the end of a copy."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.crypto import token_hash
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import (
    ORIGIN,
    OTHER_API_KEY,
    OTHER_CLIENT_ID,
    authorize_url,
    served,
    signed_in,
)
from tests.contract.workos.sessions import OF_THE_PAGE, begun, claims_of, error_of, renewed, told
from tests.observed import Counted, all_rows
from tests.peers.microsoft import MicrosoftPeer

REFUSED = (400, "invalid_grant")


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock) -> AsyncIterator[RunningBroker]:
    """One whose time is in the test's hands."""
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=served(), clock=now) as running:
        yield running


async def test_refresh_answers_like_the_code_grant_with_another_token_of_the_same_session(
    browser: Browser, now: FrozenClock
) -> None:
    first = await begun(browser)
    now.advance(299)
    second = told(await renewed(browser, first["refresh_token"]))

    assert second.keys() == first.keys() == {"user", "access_token", "refresh_token", "authentication_method"}
    assert second["user"]["id"] == first["user"]["id"]
    assert second["refresh_token"] != first["refresh_token"]
    assert second["authentication_method"] == "MicrosoftOAuth"
    old, new = claims_of(first), claims_of(second)
    assert {name for name in new if new[name] != old.get(name)} == {"iat", "exp", "jti"}
    assert (new["iat"], new["exp"]) == (now.now(), now.now() + 300)


async def test_refresh_is_never_cached(browser: Browser) -> None:
    page = await renewed(browser, (await begun(browser))["refresh_token"])

    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Request-ID"].startswith("req_")


async def test_session_ends_when_its_application_says_however_often_it_is_renewed(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    changes = served()
    changes["workos"]["applications"][0]["refresh_lifespan"] = "10m"
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as browser,
    ):
        answer = await begun(browser)
        now.advance(550)
        answer = told(await renewed(browser, answer["refresh_token"]))
        assert claims_of(answer)["exp"] == now.now() + 50
        now.advance(50)
        assert error_of(await renewed(browser, answer["refresh_token"])) == REFUSED


async def test_copied_token_used_a_minute_later_ends_the_family_and_the_person_signs_in_cleanly(
    broker: RunningBroker, browser: Browser, now: FrozenClock
) -> None:
    first = (await begun(browser))["refresh_token"]
    second = told(await renewed(browser, first))["refresh_token"]
    now.advance(60)

    async with broker.browser() as thief:
        page = await renewed(thief, first)
    assert error_of(page) == REFUSED
    assert "already exchanged" in json.loads(page.body)["error_description"]
    assert error_of(await renewed(browser, second)) == REFUSED
    assert Counted.of(broker.application.broker.metrics).security == {"refresh_reuse": 1}

    # What the person sees next is the start of a sign-in, without error, and not a loop.
    page = await signed_in(browser, authorize_url(login_hint="auto:alice"))
    assert page.query.keys() == {"code", "state"}
    assert told(await renewed(browser, (await begun(browser))["refresh_token"]))


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": None},
        {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY},
        {"client_id": OTHER_CLIENT_ID, "client_secret": None},
        {"refresh_token": "x" * 43},
        {"refresh_token": "\u0000"},
        {"refresh_token": "x" * 20_000},
    ],
)
async def test_refused_refresh_is_400_invalid_grant_and_leaves_the_session_alone(
    browser: Browser, now: FrozenClock, changes: dict[str, Any]
) -> None:
    token = (await begun(browser))["refresh_token"]
    given = {"refresh_token": token, **changes}

    page = await renewed(browser, given.pop("refresh_token"), **given)
    assert error_of(page) == REFUSED
    assert told(await renewed(browser, token))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "sk_wrong_0123456789abcdef0123"}, "invalid_client"),
        ({"client_secret": OTHER_API_KEY}, "invalid_client"),
        ({"client_id": "client_01NOBODY"}, "invalid_client"),
        ({"client_id": None}, "invalid_request"),
        ({"refresh_token": None}, "invalid_request"),
        ({"refresh_token": ""}, "invalid_request"),
        ({"refresh_token": 7}, "invalid_request"),
        ({"refresh_token": {"a": "b"}}, "invalid_request"),
        ({"organization_id": "org_01"}, "organization_not_found"),
    ],
)
async def test_faulty_refresh_uses_no_token_up(browser: Browser, changes: dict[str, Any], error: str) -> None:
    token = (await begun(browser))["refresh_token"]
    given = dict(changes)

    page = await renewed(browser, given.pop("refresh_token", token), **given)
    assert error_of(page) == (400, error)
    if changes.get("refresh_token", 0) is None:
        assert "refresh token" in json.loads(page.body)["error_description"]
    second = told(await renewed(browser, token))["refresh_token"]
    assert told(await renewed(browser, second))


async def test_session_of_a_page_is_renewed_without_secret(browser: Browser) -> None:
    answer = await begun(browser, OF_THE_PAGE)

    assert told(await renewed(browser, answer["refresh_token"], {}))


async def test_form_is_read_like_json(browser: Browser) -> None:
    token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    body = {"grant_type": "refresh_token", "client_id": "client_01TESTS", "refresh_token": token}

    assert told(await browser.send("POST", "/user_management/authenticate", data=body))


async def test_session_that_an_operator_ended_is_renewed_no_more(broker: RunningBroker, browser: Browser) -> None:
    answer = await begun(browser)
    internals = broker.application.broker
    async with internals.store.read() as c:
        (row,) = await c.fetch_all("SELECT id FROM sessions")
    await internals.sessions.end(row["id"], user_id=None, reason="revoked", actor="operator")

    assert error_of(await renewed(browser, answer["refresh_token"])) == REFUSED


async def test_person_who_was_locked_or_deleted_is_renewed_no_more(broker: RunningBroker, browser: Browser) -> None:
    internals = broker.application.broker
    for end in (internals.users.lock, internals.users.delete):
        answer = await begun(browser, OF_THE_PAGE)
        async with internals.store.read() as c:
            (row,) = await c.fetch_all("SELECT user_id FROM sessions")
        await end(row["user_id"])
        assert error_of(await renewed(browser, answer["refresh_token"], {})) == REFUSED
        if end == internals.users.lock:
            await internals.users.unlock(row["user_id"])


async def test_person_without_an_address_is_renewed_no_more(broker: RunningBroker, browser: Browser) -> None:
    token = (await begun(browser))["refresh_token"]
    async with broker.application.broker.store.transaction() as c:
        await c.execute("DELETE FROM emails")

    assert error_of(await renewed(browser, token)) == REFUSED


async def test_store_that_is_away_is_no_refusal_and_the_token_stays_good(
    broker: RunningBroker, browser: Browser
) -> None:
    """A page keeps its session at 503, and drops it at 400."""
    token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    internals = broker.application.broker
    async with internals.store.transaction() as c:
        await c.execute("ALTER TABLE refresh_tokens RENAME TO refresh_tokens_away")
    page = await renewed(browser, token, OF_THE_PAGE)
    assert page.status >= 500
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
    async with internals.store.transaction() as c:
        await c.execute("ALTER TABLE refresh_tokens_away RENAME TO refresh_tokens")
    assert told(await renewed(browser, token, OF_THE_PAGE))


async def test_neither_refresh_tokens_nor_codes_nor_keys_are_in_the_database(
    broker: RunningBroker, browser: Browser
) -> None:
    first = await begun(browser)
    second = told(await renewed(browser, first["refresh_token"]))
    rest = str(await all_rows(broker.application.broker.store))

    assert token_hash(second["refresh_token"]) in rest
    for answer in (first, second):
        assert answer["refresh_token"] not in rest
        assert answer["access_token"] not in rest


@pytest.mark.parametrize("kind", ["access_token", "code", "api_key"])
async def test_nothing_else_passes_as_a_refresh_token(browser: Browser, kind: str) -> None:
    answer = await begun(browser)
    page = await signed_in(browser)
    other = {"access_token": answer["access_token"], "code": page.query["code"], "api_key": OTHER_API_KEY}[kind]

    assert error_of(await renewed(browser, other)) == REFUSED


async def test_refresh_token_passes_as_nothing_else(browser: Browser) -> None:
    token = (await begun(browser))["refresh_token"]

    assert (await browser.get("/me", Authorization=f"Bearer {token}")).status == 401
    assert (await browser.send("POST", "/token", json={"value": token})).status == 404
    page = await renewed(browser, None, grant_type="authorization_code", code=token)
    assert error_of(page) == REFUSED
