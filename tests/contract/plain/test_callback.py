"""A sign-in ends: one transaction, one session, one code sent, whatever the browser does meanwhile."""

import asyncio
import json

import pytest

from tests.attack.callbacks.steps import APP_URL, callback
from tests.contract.plain.calls import bearer, token_of, whoami
from tests.observed import log_lines
from tests.stage import Stage, cookie_name, cookie_value, parameters_of

_FIRST_SIGN_IN = {
    "users": 1, "emails": 1, "identities": 1, "sessions": 1, "consumed_states": 1, "audit_entries": 2,
}  # fmt: skip


async def rows(stage: Stage, table: str) -> list[dict[str, object]]:
    """The rows of a table as the database has them."""
    async with stage.broker.application.broker.store.read() as c:
        return [dict(row) for row in await c.fetch_all(f"SELECT * FROM {table}")]  # noqa: S608 - our own word


async def test_browser_ends_at_its_target_with_a_session_and_no_code_in_the_url(stage: Stage) -> None:
    target = f"{APP_URL}after?page=1&q=a%20b#there"
    page = await stage.victim.sign_in("alice", redirect_to=target)
    assert (page.status, page.location) == (303, target)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert json.loads((await stage.victim.get("/me")).body)["name"] == "Alice Alder"


async def test_session_cookie_has_exactly_the_configured_attributes(stage: Stage) -> None:
    page = await stage.victim.sign_in("alice")
    [cookie] = page.set_cookies
    assert cookie.startswith("hanko=")
    assert cookie.split("; ")[1:] == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"]


async def test_first_sign_in_writes_these_rows_and_no_others(stage: Stage) -> None:
    await stage.victim.sign_in("alice")
    assert await stage.written() == _FIRST_SIGN_IN
    entries = {str(entry["type"]) for entry in await rows(stage, "audit_entries")}
    assert entries >= {"sign_in.succeeded", "user.created"}


async def test_state_is_remembered_as_a_hash_for_fifteen_minutes(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.victim.get(url)
    [consumed] = await rows(stage, "consumed_states")
    assert consumed == {
        "state_hash": consumed["state_hash"],
        "consumed_at": stage.clock.now(),
        "expires_at": stage.clock.now() + 900,
    }
    assert parameters_of(url)["state"] not in str(consumed)
    assert str(consumed["state_hash"]).startswith(cookie_name(url).removeprefix("signin-"))


async def test_looking_ahead_uses_nothing_up(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    assert (await stage.victim.get(url, Sec_Purpose="prefetch")).status == 204
    assert (await stage.victim.send("HEAD", url)).status == 405
    assert (await stage.victim.get(url, Sec_Fetch_Dest="iframe")).status == 400
    assert await stage.written() == {}
    assert (await stage.victim.get(url, Sec_Fetch_Dest="document")).location == APP_URL


async def test_double_click_gets_the_same_answer_twice(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2)
    pages = await asyncio.gather(*(stage.victim.get(url) for _ in range(10)))
    assert {page.location for page in pages} == {APP_URL}
    assert len({page.set_cookies for page in pages}) == 1, "the very same session"
    assert (await stage.emulator.counters())["token"] == 1
    assert await stage.written() == _FIRST_SIGN_IN


async def test_second_callback_meanwhile_needs_a_cookie_of_its_own(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2)
    first = asyncio.create_task(stage.victim.get(url))
    await stage.until_codes_were_sent()
    assert (await stage.attacker.get(url)).query["error"] == "sign_in_expired"
    assert (await first).location == APP_URL


async def test_double_click_on_a_sign_in_that_fails_fails_twice_and_asks_once(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2, status=503)
    pages = await asyncio.gather(*(stage.victim.get(url) for _ in range(3)))
    assert {page.query["error"] for page in pages} == {"temporarily_unavailable"}
    assert (await stage.emulator.counters())["token"] == 1
    assert await stage.written() == {"consumed_states": 1}


async def test_browser_that_hangs_up_does_not_leave_a_sign_in_half_done(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2)
    first = asyncio.create_task(stage.victim.get(url))
    await stage.until_codes_were_sent()
    first.cancel()
    again = await stage.victim.get(url)
    assert again.location == APP_URL, "who comes back in time gets the answer that the first did not wait for"
    assert await stage.written() == _FIRST_SIGN_IN


async def test_no_connection_is_held_while_the_provider_is_asked(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.emulator.fault("token", delay=0.2)
    under_way = asyncio.create_task(stage.victim.get(url))
    await stage.until_codes_were_sent()
    assert stage.broker.application.broker.store.open_blocks == 0
    assert (await under_way).location == APP_URL


async def test_back_button_returns_to_the_target_and_changes_nothing(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice", redirect_to=f"{APP_URL}after")
    await stage.victim.get(url)
    await stage.honest_until_now()
    for _ in range(2):
        page = await stage.victim.get(url)
        assert (page.status, page.location, page.set_cookies) == (303, f"{APP_URL}after", ())
    assert await stage.written() == {}
    assert (await stage.emulator.counters())["token"] == 1


async def test_back_button_brings_no_token_where_one_was_delivered(stage: Stage) -> None:
    await stage.broker.reload({"session.delivery": "both"})
    url = await stage.victim.at_callback("alice")
    assert "hanko_token" in (await stage.victim.get(url)).query
    assert (await stage.victim.get(url)).location == APP_URL


async def test_back_button_does_not_return_to_a_target_that_was_withdrawn(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.victim.get(url)
    await stage.broker.reload({"third_party.allowed_redirect_urls": ["http://localhost:9999/**"]})
    page = await stage.victim.get(url)
    assert (page.location or "").startswith("http://localhost:8888/error?error=invalid_request")


async def test_cookie_of_the_sign_in_stays_after_success_and_goes_after_failure(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    await stage.victim.get(url)
    assert stage.victim.cookie(cookie_name(url))
    refused = await stage.attacker.at_callback("alice:cancel")
    [deletion] = (await stage.attacker.get(refused)).set_cookies
    assert deletion == f"{cookie_name(refused)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    assert stage.attacker.cookie(cookie_name(refused)) is None


async def test_cancelling_ends_with_access_denied_and_writes_nothing(stage: Stage) -> None:
    page = await stage.victim.sign_in("alice:cancel")
    assert page.query["error"] == "access_denied"
    assert await stage.written() == {}
    assert (await stage.emulator.counters()).get("token", 0) == 0


async def test_rotation_of_the_secrets_changes_nothing_for_a_sign_in_under_way(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    kept = stage.broker.settings["secrets"]["keys"]
    await stage.broker.reload({"secrets.keys": ["a-new-secret-of-tests-that-is-long-0001", *kept]})
    assert (await stage.victim.get(url)).location == APP_URL
    assert (await stage.victim.sign_in("alice")).location == APP_URL


async def test_session_that_the_browser_carried_ends_with_the_next_sign_in(stage: Stage) -> None:
    await stage.signed_in(stage.victim, "alice")
    before = token_of(stage.victim)
    await stage.victim.sign_in("bob")
    assert await whoami(stage.attacker, bearer(before)) == 401
    assert await whoami(stage.attacker, bearer(token_of(stage.victim))) == 200
    ended = [entry for entry in await rows(stage, "audit_entries") if entry["type"] == "session.ended"]
    assert ["replaced" in str(entry["detail"]) for entry in ended] == [True]


async def test_session_that_the_browser_carried_stays_if_the_sign_in_fails(stage: Stage) -> None:
    await stage.signed_in(stage.victim, "alice")
    await stage.emulator.claims(set={"nonce": "x"})
    assert (await stage.victim.sign_in("bob")).query["error"] == "invalid_response"
    assert await whoami(stage.victim, {}) == 200


async def test_of_two_sessions_that_a_browser_carries_both_are_ended(stage: Stage) -> None:
    """One was planted by a sibling host, we cannot know which, and what remained would stand beside the new one."""
    await stage.victim.sign_in("alice")
    await stage.attacker.sign_in("mallory")
    tokens = [token_of(stage.victim), token_of(stage.attacker)]
    async with stage.broker.browser() as other:
        url = await other.at_callback("bob")
        own = f"{cookie_name(url)}={cookie_value(other, url)}"
        other.drop_cookies()
        page = await other.get(url, Cookie=f"{own}; hanko={tokens[0]}; hanko={tokens[1]}")
        assert page.location == APP_URL
        other.drop_cookies()
        assert [await whoami(other, bearer(token)) for token in tokens] == [401, 401]


async def test_planted_cookie_does_not_hide_the_genuine_one(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    genuine = cookie_value(stage.victim, url)
    stage.victim.drop_cookies()
    page = await stage.victim.get(url, Cookie=f"{cookie_name(url)}=x.y.z; {cookie_name(url)}={genuine}")
    assert page.location == APP_URL


async def test_right_issuer_in_the_answer_is_accepted(stage: Stage) -> None:
    given = parameters_of(await stage.victim.at_callback("alice"))
    issuer = f"{stage.emulator.base_url}/a1de0000-0000-4000-8000-000000000001/v2.0"
    page = await stage.victim.get(callback([*given.items(), ("iss", issuer), ("unknown", "x"), ("unknown", "y")]))
    assert page.location == APP_URL


async def test_callback_with_the_provider_in_its_path_serves_that_provider(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    page = await stage.victim.get(url.replace("/thirdparty/callback", "/thirdparty/callback/microsoft"))
    assert page.location == APP_URL


async def test_attackers_callback_leaves_the_victims_own_sign_in_alone(stage: Stage) -> None:
    own = await stage.victim.at_callback("alice")
    assert (await stage.victim.get(await stage.attacker.at_callback("mallory"))).query["error"] == "sign_in_expired"
    assert (await stage.victim.get(own)).location == APP_URL
    assert json.loads((await stage.victim.get("/me")).body)["name"] == "Alice Alder"


@pytest.mark.parametrize("max_age", ["0", "300"])
async def test_fresh_authentication_that_was_asked_for_and_shown_is_accepted(stage: Stage, max_age: str) -> None:
    assert (await stage.victim.sign_in("alice", max_age=max_age)).location == APP_URL


async def test_log_of_a_sign_in_holds_nothing_that_opens_anything(stage: Stage) -> None:
    with log_lines() as lines:
        url = await stage.victim.at_callback("alice")
        own = cookie_value(stage.victim, url)
        await stage.victim.get(url)
        given, session = parameters_of(url), token_of(stage.victim)
        await stage.attacker.get(url)
        await stage.victim.send("POST", "/logout")
        assert (await stage.victim.get(url)).query["error"] == "already_used"
    told = str(lines)
    assert [line["outcome"] for line in lines if "outcome" in line] == [
        "started", "signed_in", "sign_in_expired", "already_used",
    ]  # fmt: skip
    for secret in (given["state"], given["code"], own, own.rpartition(".")[2], session, session.rpartition(".")[2]):
        assert secret not in told
    assert "alice" not in told.lower()
