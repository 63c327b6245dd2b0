"""A session and its token: what is in it, how it is carried, and its owner's view of it."""

from pathlib import Path

import jwt
import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import COOKIE, UNAUTHORIZED, bearer, in_cookies, token_of, told, validated, whoami
from tests.observed import Counted, log_lines
from tests.peers.microsoft import MicrosoftPeer


async def test_token_carries_the_claims_that_clients_of_hanko_read(broker: RunningBroker, alice: Browser) -> None:
    token = token_of(alice)
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    keys = told(await alice.get("/.well-known/jwks.json"))["keys"]
    assert header == {"alg": "RS256", "kid": header["kid"], "typ": "JWT"}
    assert header["kid"] in {key["kid"] for key in keys}
    me = told(await alice.get("/me"))
    assert claims == {
        "aud": ["localhost"],
        "iss": broker.url,
        "iat": claims["iat"],
        "exp": claims["iat"] + 12 * 3600,
        "sub": me["id"],
        "session_id": claims["session_id"],
        "email": {"address": "alice@alder.example", "is_primary": True, "is_verified": me["emails"][0]["is_verified"]},
    }


async def test_person_without_an_address_has_a_token_without_one(
    emulator: MicrosoftPeer, broker: RunningBroker
) -> None:
    await broker.reload({"third_party.providers.microsoft.email": {"on_unverified": "create_without_email"}})
    await emulator.claims(person="alice", remove=["upn", "email", "xms_edov"])
    async with broker.browser() as browser:
        assert (await browser.sign_in("alice")).status == 303
        assert "email" not in jwt.decode(token_of(browser), options={"verify_signature": False})
        assert "emails" not in told(await browser.get("/me"))


async def test_session_is_carried_by_cookie_or_by_bearer(alice: Browser, program: Browser) -> None:
    token = token_of(alice)
    assert await whoami(program, in_cookies(token)) == 200
    assert await whoami(program, bearer(token)) == 200


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer   {}  ", "\tBearer {}"])
async def test_bearer_is_read_whatever_its_case_and_the_space_around_it(
    form: str, alice: Browser, program: Browser
) -> None:
    assert await whoami(program, {"Authorization": form.format(token_of(alice))}) == 200


@pytest.mark.parametrize("form", ["", "{}", "Basic {}", "Bearer", "Bearer{}", "Bearer {} x", "Bearer x{}", "Token {}"])
async def test_anything_else_in_authorization_is_no_session(form: str, alice: Browser, program: Browser) -> None:
    page = await program.send("GET", "/me", headers={"Authorization": form.format(token_of(alice))})
    assert (page.status, told(page)) == (401, UNAUTHORIZED)


async def test_bad_bearer_does_not_hide_a_good_cookie(alice: Browser, program: Browser) -> None:
    assert await whoami(program, {**in_cookies(token_of(alice)), **bearer("a.b.c")}) == 200


async def test_bearer_counts_before_the_cookie(broker: RunningBroker, alice: Browser, program: Browser) -> None:
    async with broker.browser() as browser:
        await browser.sign_in("bob")
        headers = {**in_cookies(token_of(browser)), **bearer(token_of(alice))}
    page = await program.send("GET", "/me", headers=headers)
    assert told(page)["emails"][0]["address"] == "alice@alder.example"


async def test_two_cookies_of_different_sessions_count_neither_and_are_a_security_event(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    """A sibling host can toss in a cookie; nobody can tell which of the two is the browser's own."""
    async with broker.browser() as mallory:
        await mallory.sign_in("mallory")
        both = in_cookies(token_of(alice), token_of(mallory))
    before = Counted.of(broker.application.broker.metrics)
    with log_lines() as lines:
        page = await program.send("GET", "/me", headers=both)
    assert (page.status, told(page)) == (401, UNAUTHORIZED)
    assert Counted.of(broker.application.broker.metrics).since(before).security == {"two_sessions": 1}
    alarms = [line for line in lines if line["event"] == "security"]
    assert [(line["kind"], line["log_level"]) for line in alarms] == [("two_sessions", "warning")]
    assert alarms[0]["request_id"] == page.headers["X-Request-Id"]
    assert told(await program.send("GET", "/sessions/validate", headers=both)) == {"is_valid": False}
    assert (await validated(program, token_of(alice)))["is_valid"] is True


async def test_two_cookies_of_one_session_count_as_that_session(alice: Browser, program: Browser) -> None:
    assert await whoami(program, in_cookies(token_of(alice), token_of(alice))) == 200


async def test_cookie_that_is_no_session_of_ours_does_not_hide_one_that_is(alice: Browser, program: Browser) -> None:
    for planted in ("", "x", "a.b.c", token_of(alice)[:-3]):
        assert await whoami(program, in_cookies(planted, token_of(alice))) == 200


async def test_cookie_is_written_for_our_host_and_out_of_reach_of_scripts(browser: Browser) -> None:
    written = (await browser.sign_in("alice")).set_cookies
    session = next(line for line in written if line.startswith(f"{COOKIE}="))
    name, *attributes = session.split("; ")
    assert name == f"{COOKIE}={token_of(browser)}"
    assert attributes == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"]


async def test_own_sessions_are_listed_newest_first(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as other, broker.browser() as bob:
        await other.send("GET", "/", headers={"User-Agent": "x"})
        other.headers["User-Agent"] = "Second browser"
        await other.sign_in("alice")
        await bob.sign_in("bob")
        listed = told(await other.get("/sessions"))
        ids = [jwt.decode(token_of(one), options={"verify_signature": False})["session_id"] for one in (other, alice)]
    assert [one["id"] for one in listed] == ids
    assert [one["current"] for one in listed] == [True, False]
    assert listed[0]["user_agent"] == "Second browser"
    assert listed[0]["ip_address"] == "127.0.0.1"
    assert set(listed[0]) == {"id", "created_at", "last_used", "expires_at", "user_agent", "ip_address", "current"}


async def test_person_ends_another_session_of_their_own(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as other:
        await other.sign_in("alice")
        other_id = next(one["id"] for one in told(await alice.get("/sessions")) if not one["current"])
        page = await alice.send("DELETE", f"/sessions/{other_id}")
        assert (page.status, page.body, page.set_cookies) == (204, b"", ())
        assert (await other.get("/me")).status == 401
    assert (await alice.get("/me")).status == 200


async def test_ending_the_session_in_use_clears_its_cookie(alice: Browser) -> None:
    (mine,) = told(await alice.get("/sessions"))
    page = await alice.send("DELETE", f"/sessions/{mine['id']}")
    assert page.status == 204
    assert page.set_cookies == (f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",)
    assert alice.cookie(COOKIE) is None


async def test_session_of_somebody_else_is_not_there(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as bob:
        await bob.sign_in("bob")
        (his,) = told(await bob.get("/sessions"))
        foreign = await alice.send("DELETE", f"/sessions/{his['id']}")
        absent = await alice.send("DELETE", "/sessions/01990000-0000-7000-8000-000000000000")
        assert (foreign.status, absent.status) == (404, 404)
        assert told(foreign) == told(absent)
        assert (await bob.get("/me")).status == 200


@pytest.mark.parametrize("unverified_id", ["x", "%00", "%ff", "..%2f..", "'", "01990000-0000-7000-8000-00000000000G"])
async def test_id_that_cannot_be_one_is_not_there(unverified_id: str, alice: Browser) -> None:
    assert (await alice.send("DELETE", f"/sessions/{unverified_id}")).status == 404


@pytest.mark.parametrize(("method", "path"), [("GET", "/me"), ("GET", "/sessions"), ("DELETE", "/sessions/x")])
async def test_without_a_session_there_is_nothing_to_see(method: str, path: str, browser: Browser) -> None:
    page = await browser.send(method, path)
    assert (page.status, told(page)) == (401, UNAUTHORIZED)
    assert "WWW-Authenticate" not in page.headers
    assert page.set_cookies == ()


async def test_oldest_session_ends_where_a_person_has_too_many(emulator: MicrosoftPeer, tmp_path: Path) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes={"session.limit": 2}) as broker,
        broker.browser() as one,
        broker.browser() as two,
        broker.browser() as three,
        broker.browser() as bob,
    ):
        await bob.sign_in("bob")
        for browser in (one, two, three):
            await browser.sign_in("alice")
        seen = [(await browser.get("/me")).status for browser in (one, two, three, bob)]
    assert seen == [401, 200, 200, 200]


async def test_last_use_is_noted_by_every_route_behind_a_session(
    emulator: MicrosoftPeer, tmp_path: Path, now: FrozenClock
) -> None:
    async with running_broker(base_dir=tmp_path, emulator=emulator, clock=now) as broker, broker.browser() as alice:
        await alice.sign_in("alice")
        for method, path in (("GET", "/me"), ("GET", "/sessions"), ("DELETE", "/sessions/x")):
            now.advance(600)
            await alice.send(method, path)
            (mine,) = await broker.application.broker.sessions.list_of(told(await alice.get("/me"))["id"])
            assert mine.last_used_at == now.now(), path
