"""How a session reaches the application: by cookie in the callback, by a one-time code, or by both."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.attack.callbacks.steps import APP_URL
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer, token_of, told, whoami
from tests.stage import Stage, staged

_VERIFIER = "an-applications-verifier-of-43-characters-or-so"
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_PKCE = {"code_challenge": _CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture
async def token_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A broker that delivers by one-time code."""
    async with staged(tmp_path, {"session.delivery": "token"}) as one:
        yield one


@pytest.fixture
async def both_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A broker that delivers by cookie and by one-time code."""
    async with staged(tmp_path, {"session.delivery": "both"}) as one:
        yield one


async def code_for(browser: Browser, person: str = "alice", **start: str) -> str:
    """Sign in; the one-time code in the redirect."""
    return (await browser.sign_in(person, **start)).query["hanko_token"]


async def redeem(browser: Browser, code: str, **members: str) -> Page:
    """`POST /token`."""
    return await browser.send("POST", "/token", json={"value": code, **members})


async def test_cookie_delivery_puts_nothing_into_the_url(stage: Stage) -> None:
    page = await stage.victim.sign_in("alice", redirect_to=f"{APP_URL}?a=1", **_PKCE)
    assert page.location == f"{APP_URL}?a=1"
    assert (await stage.written()).get("one_time_codes") is None


async def test_code_is_merged_into_the_target(token_stage: Stage) -> None:
    page = await token_stage.victim.sign_in("alice", redirect_to=f"{APP_URL}in?a=1#there")
    parts = urlsplit(page.location or "")
    assert parts.query.startswith("a=1&hanko_token=")
    assert (parts.path, parts.fragment) == ("/in", "there")
    assert len(page.query["hanko_token"]) == 43


async def test_token_delivery_makes_the_session_when_the_code_is_redeemed(token_stage: Stage) -> None:
    page = await token_stage.victim.sign_in("alice")
    assert page.set_cookies == ()
    written = await token_stage.written()
    assert (written.get("sessions"), written["one_time_codes"]) == (None, 1)
    answer = await redeem(token_stage.victim, page.query["hanko_token"])
    assert answer.status == 200
    assert told(answer).keys() == {"user_id"}
    assert (await token_stage.written()).keys() >= {"sessions"}
    assert json.loads((await token_stage.victim.get("/me")).body)["id"] == told(answer)["user_id"]


async def test_only_the_hash_of_the_code_is_stored(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    rows = str((await token_stage.observe()).rows)
    assert code not in rows
    assert hashlib.sha256(code.encode()).hexdigest() in rows


async def test_redeeming_sets_the_cookie_and_says_how_long_it_lives(token_stage: Stage) -> None:
    answer = await redeem(token_stage.victim, await code_for(token_stage.victim))
    assert answer.headers["X-Session-Lifetime"] == "43200"
    assert "X-Auth-Token" not in answer.headers
    [cookie] = answer.set_cookies
    assert cookie.split("; ")[1:] == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"]


async def test_token_comes_in_a_header_where_the_operator_says_so(tmp_path: Path) -> None:
    changes = {"session.delivery": "token", "session.enable_auth_token_header": True}
    async with staged(tmp_path, changes) as stage:
        answer = await redeem(stage.victim, await code_for(stage.victim))
        assert await whoami(stage.attacker, bearer(answer.headers["X-Auth-Token"])) == 200


async def test_code_may_be_called_by_hankos_name(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    assert (await token_stage.victim.send("POST", "/token", json={"hanko_token": code})).status == 200


async def test_code_is_redeemed_once(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    assert (await redeem(token_stage.attacker, code)).status == 200
    await token_stage.honest_until_now()
    assert (await redeem(token_stage.attacker, code)).status == 404
    assert await token_stage.written() == {}


async def test_of_twenty_who_redeem_at_once_one_gets_the_session(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    answers = await asyncio.gather(*(redeem(token_stage.attacker, code) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 19
    assert (await token_stage.written())["sessions"] == 1


async def test_code_lives_sixty_seconds(token_stage: Stage) -> None:
    early, late = await code_for(token_stage.victim), await code_for(token_stage.attacker, "bob")
    token_stage.clock.advance(59)
    assert (await redeem(token_stage.victim, early)).status == 200
    token_stage.clock.advance(1)
    assert (await redeem(token_stage.attacker, late)).status == 422


async def test_code_that_nobody_made_is_not_found(token_stage: Stage) -> None:
    for code in ("x" * 43, "x", "x" * 10_000, "\u0000"):
        assert (await redeem(token_stage.victim, code)).status == 404
    assert await token_stage.written() == {}


async def test_challenge_at_the_start_demands_its_verifier(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim, **_PKCE)
    assert (await redeem(token_stage.attacker, code)).status == 400
    assert (await redeem(token_stage.attacker, code, code_verifier=_CHALLENGE)).status == 400
    assert (await redeem(token_stage.victim, code, code_verifier=_VERIFIER)).status == 200


async def test_wrong_verifier_does_not_use_the_code_up_but_five_do(token_stage: Stage) -> None:
    patient, guessed = await code_for(token_stage.victim, **_PKCE), await code_for(token_stage.attacker, **_PKCE)
    wrong = "a-wrong-verifier-of-43-characters-or-a-few-more"
    for _ in range(4):
        assert (await redeem(token_stage.attacker, patient, code_verifier=wrong)).status == 400
    assert (await redeem(token_stage.victim, patient, code_verifier=_VERIFIER)).status == 200
    for _ in range(5):
        assert (await redeem(token_stage.attacker, guessed, code_verifier=wrong)).status == 400
    assert (await redeem(token_stage.attacker, guessed, code_verifier=_VERIFIER)).status == 404


async def test_wrong_verifiers_at_once_get_no_more_than_five_tries(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim, **_PKCE)
    wrong = "a-wrong-verifier-of-43-characters-or-a-few-more"
    await asyncio.gather(*(redeem(token_stage.attacker, code, code_verifier=wrong) for _ in range(20)))
    assert (await redeem(token_stage.victim, code, code_verifier=_VERIFIER)).status == 404


async def test_verifier_without_challenge_is_refused_and_leaves_the_code(token_stage: Stage) -> None:
    """An application that meant to use PKCE learns that its challenge never arrived (RFC 9700 section 4.8.2)."""
    code = await code_for(token_stage.victim)
    assert (await redeem(token_stage.victim, code, code_verifier=_VERIFIER)).status == 400
    assert (await redeem(token_stage.victim, code)).status == 200


async def test_redeeming_ends_the_session_that_the_browser_carried(token_stage: Stage) -> None:
    await redeem(token_stage.victim, await code_for(token_stage.victim))
    before = token_of(token_stage.victim)
    await redeem(token_stage.victim, await code_for(token_stage.victim, "bob"))
    assert await whoami(token_stage.attacker, bearer(before)) == 401
    assert await whoami(token_stage.victim, {}) == 200


async def test_locked_user_cannot_redeem(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    users = token_stage.broker.application.broker.users
    await users.lock((await users.find("alice@alder.example")).user.id)
    await token_stage.honest_until_now()
    assert (await redeem(token_stage.victim, code)).status == 403
    assert "sessions" not in await token_stage.written()


async def test_code_of_an_emulator_is_worth_nothing_once_real_credentials_are_there(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    own = {"client_id": "11111111-2222-4333-8444-555555555555", "secret": "a~real.secret_of-forty-characters-length"}
    await token_stage.broker.reload({"third_party.providers.microsoft": own})
    assert (await redeem(token_stage.victim, code)).status == 404


async def test_both_delivers_a_cookie_and_a_code_for_the_same_session(both_stage: Stage) -> None:
    page = await both_stage.victim.sign_in("alice")
    made = token_of(both_stage.victim)
    assert (await both_stage.written())["sessions"] == 1
    assert (await redeem(both_stage.victim, page.query["hanko_token"])).status == 200
    assert (await both_stage.written())["sessions"] == 1
    assert await whoami(both_stage.attacker, bearer(made)) == 200


async def test_code_of_a_session_that_was_ended_brings_none_back(both_stage: Stage) -> None:
    page = await both_stage.victim.sign_in("alice")
    await both_stage.victim.send("POST", "/logout")
    assert (await redeem(both_stage.victim, page.query["hanko_token"])).status == 404


async def test_body_must_be_json_with_a_code(token_stage: Stage) -> None:
    code = await code_for(token_stage.victim)
    send = token_stage.victim.send
    assert (await send("POST", "/token", data={"value": code})).status == 415
    assert (await send("POST", "/token", json={})).status == 400
    assert (await send("POST", "/token", json={"value": [code]})).status == 400
    assert (await send("POST", "/token", json={"value": code}, headers={"Origin": "https://a.example"})).status == 403
    assert (await redeem(token_stage.victim, code)).status == 200
