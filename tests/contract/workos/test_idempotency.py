"""`Idempotency-Key`: an answer that got lost is given again, to the very same request and to nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, OTHER_API_KEY, OTHER_CLIENT_ID, served
from tests.contract.workos.sessions import (
    PATH,
    PKCE,
    VERIFIER,
    asked,
    begun,
    claims_of,
    code_of,
    error_of,
    renewed,
    told,
)
from tests.observed import all_rows
from tests.peers.microsoft import MicrosoftPeer

NAME = {"Idempotency-Key": "retry-5f0c9a3e-7a53-4f31-9a55-0d8f5a1d2f60"}
OTHER_NAME = {"Idempotency-Key": "retry-00000000-7a53-4f31-9a55-0d8f5a1d2f60"}
REFUSED = (400, "invalid_grant")


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock) -> AsyncIterator[RunningBroker]:
    """One whose time is in the test's hands."""
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=served(), clock=now) as running:
        yield running


async def exchanged(browser: Browser, code: str, headers: dict[str, str] = NAME, **changes: Any) -> Page:
    given = {"grant_type": "authorization_code", "code": code, "client_secret": API_KEY, **changes}
    return await asked(browser, headers, **given)


async def test_lost_answer_to_a_code_is_given_again_for_a_minute(browser: Browser, now: FrozenClock) -> None:
    code = await code_of(browser)
    first = await exchanged(browser, code)
    now.advance(59)
    again = await exchanged(browser, code)

    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert again.headers["Cache-Control"] == "no-store"
    assert told(await renewed(browser, told(again)["refresh_token"]))
    now.advance(1)
    assert error_of(await exchanged(browser, code)) == REFUSED


async def test_answer_is_not_given_again_once_its_session_has_ended(broker: RunningBroker, browser: Browser) -> None:
    code = await code_of(browser)
    answer = told(await exchanged(browser, code))
    await browser.get(f"/user_management/sessions/logout?session_id={claims_of(answer)['sid']}")

    assert error_of(await exchanged(browser, code)) == REFUSED


async def test_answer_is_given_again_to_the_very_same_request_only(browser: Browser) -> None:
    code = await code_of(browser, **PKCE)
    assert told(await exchanged(browser, code, code_verifier=VERIFIER))

    assert error_of(await exchanged(browser, code, OTHER_NAME, code_verifier=VERIFIER)) == REFUSED
    assert error_of(await exchanged(browser, code, {}, code_verifier=VERIFIER)) == REFUSED
    assert error_of(await exchanged(browser, code, code_verifier="w" * 43)) == REFUSED
    assert error_of(await exchanged(browser, code, client_secret=None, code_verifier=VERIFIER)) == REFUSED
    assert error_of(await exchanged(browser, code, code_verifier=VERIFIER, user_agent="another")) == REFUSED
    others: dict[str, Any] = {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY, "code_verifier": VERIFIER}
    assert error_of(await exchanged(browser, code, **others)) == REFUSED
    assert told(await exchanged(browser, code, code_verifier=VERIFIER))


async def test_answer_of_one_api_is_not_given_again_by_the_other(browser: Browser) -> None:
    """Word of who is there, and a session: the same code, name and body ask for either."""
    grant = {"grant_type": "authorization_code", "code": await code_of(browser, "sso"), "client_secret": API_KEY}
    body = {"client_id": CLIENT_ID, **grant}
    first = await browser.send("POST", "/sso/token", json=body, headers=NAME)
    assert told(first)["profile"]

    assert error_of(await browser.send("POST", PATH, json=body, headers=NAME)) == REFUSED
    assert (await browser.send("POST", "/sso/token", json=body, headers=NAME)).body == first.body


@pytest.mark.parametrize("name", ["", "1", "x" * 15, "x" * 256])
async def test_name_that_anybody_could_guess_is_no_name(browser: Browser, name: str) -> None:
    code = await code_of(browser)
    assert told(await exchanged(browser, code, {"Idempotency-Key": name}))

    assert error_of(await exchanged(browser, code, {"Idempotency-Key": name})) == REFUSED


async def test_two_tries_at_once_sign_in_once(broker: RunningBroker, browser: Browser) -> None:
    code = await code_of(browser)
    pages = await asyncio.gather(*(exchanged(browser, code) for _ in range(8)))

    assert len({page.body for page in pages if page.status == 200}) == 1
    assert {page.status for page in pages} <= {200, 429}
    for page in pages:
        if page.status == 429:
            assert page.headers["Retry-After"] == "1"
            assert json.loads(page.body)["error"] == "too_many_requests"
    assert (await all_rows(broker.application.broker.store))["sessions"].total() == 1


async def test_whoever_proves_nothing_makes_us_remember_nothing(broker: RunningBroker, browser: Browser) -> None:
    await code_of(browser)
    before = await all_rows(broker.application.broker.store)
    for changes in ({}, {"client_secret": "sk_wrong_0123456789abcdef0123"}, {"client_secret": None}):
        assert (await exchanged(browser, "x" * 43, **changes)).status == 400

    assert await all_rows(broker.application.broker.store) == before


async def test_what_is_remembered_cannot_be_read(broker: RunningBroker, browser: Browser) -> None:
    code = await code_of(browser)
    answer = told(await exchanged(browser, code))
    rest = str(await all_rows(broker.application.broker.store))

    secrets = (answer["access_token"], answer["refresh_token"], code, API_KEY, NAME["Idempotency-Key"])
    assert not [secret for secret in secrets if secret in rest]


async def test_refresh_of_one_name_may_be_tried_again_for_a_minute_and_another_may_not(
    browser: Browser, now: FrozenClock
) -> None:
    token = (await begun(browser))["refresh_token"]
    first = told(await renewed(browser, token, NAME, client_secret=API_KEY))
    now.advance(60)
    again = told(await renewed(browser, token, NAME, client_secret=API_KEY))

    assert again["refresh_token"] == first["refresh_token"]
    assert error_of(await renewed(browser, token, OTHER_NAME, client_secret=API_KEY)) == REFUSED
    assert error_of(await renewed(browser, first["refresh_token"])) == REFUSED
