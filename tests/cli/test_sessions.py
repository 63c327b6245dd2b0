"""A session as the browser gets it, and how a running server hears of what an operator does beside it."""

import asyncio
import json
import time

from broker.web.workos.ids import spelled
from tests.cli.houses import House

HEARD_WITHIN = 1.0
SIGN_INS_AT_ONCE = 64


async def test_callback_url_gives_no_session_to_another_browser_nor_again(house: House) -> None:
    async with house.browser() as browser, house.browser() as thief:
        url = await browser.at_callback("alice", redirect_to=house.app_url + "/")
        stolen = await thief.get(url)
        assert (stolen.status, stolen.query["error"]) == (303, "sign_in_expired")
        assert thief.cookie("hanko") is None

        assert (await browser.get(url)).location == house.app_url + "/"
        late = await thief.get(url)
        assert late.query["error"] == "sign_in_expired"
        assert thief.cookie("hanko") is None

        token = browser.cookie("hanko")
        again = await browser.get(url)
        assert (again.location, again.set_cookies) == (house.app_url + "/", ())
        assert browser.cookie("hanko") == token
        await browser.send("POST", "/logout")
        assert (await browser.get(url)).query["error"] == "already_used"
        assert browser.cookie("hanko") is None


async def test_bearer_is_valid_until_logout_and_not_after(house: House) -> None:
    async with house.browser() as browser:
        await house.sign_in(browser, "alice")
        token = browser.cookie("hanko") or ""
        assert await house.is_valid(token)
        assert (await browser.send("POST", "/logout")).status == 204
        assert not await house.is_valid(token)


async def test_running_server_hears_of_a_lock_within_a_second(house: House) -> None:
    token = await house.signed_in("ivan")
    assert house.broker("users", "lock", "ivan@alder.example").code == 0
    assert await refused_in_time(house, token)
    assert shown(house, "ivan@alder.example")["locked"] is True
    trail = house.broker("audit", "list", "--user", "ivan@alder.example", "--json").json
    assert "user.locked" in [entry["type"] for entry in trail]
    async with house.browser() as browser:
        assert (await house.sign_in(browser, "ivan")).query["error"] == "account_locked"
    assert house.broker("users", "unlock", "ivan@alder.example").code == 0
    assert await house.is_valid(await house.signed_in("ivan"))


async def test_running_server_hears_of_a_revoked_session_within_a_second(house: House) -> None:
    token, other = await house.signed_in("carol"), await house.signed_in("dave")
    [session] = house.broker("sessions", "list", "--user", "carol@alder.example", "--json").json
    assert house.broker("sessions", "revoke", spelled("session", session["id"])).code == 0
    assert await refused_in_time(house, token)
    assert await house.is_valid(other)
    assert house.broker("sessions", "list", "--user", "carol@alder.example", "--json").json == []
    again = house.broker("sessions", "revoke", session["id"])
    assert (again.code, again.errors) == (1, f"there is no session {session['id']}\n")


async def test_session_that_was_idle_too_long_is_not_listed(house: House) -> None:
    await house.signed_in("erin")
    listing = ("sessions", "list", "--user", "erin@gmail.example", "--json")
    assert house.broker(*listing).json
    deadline = time.monotonic() + 10
    while house.broker(*listing, BROKER_SESSION__IDLE_TIMEOUT="1s").json:
        assert time.monotonic() < deadline


async def test_many_sign_ins_at_once_all_complete(house: House) -> None:
    """On PostgreSQL over a pool of five: nobody waits for a connection while holding one."""
    people = ["alice", "bob", "dave", "erin", "mallory", "nina"]

    async def one(person: str) -> str:
        async with house.browser() as browser:
            url = await browser.at_callback(person, redirect_to=house.app_url + "/")
            arrived.append(url)
            if len(arrived) == SIGN_INS_AT_ONCE:
                all_there.set()
            await all_there.wait()
            page = await browser.get(url)
            assert page.location == house.app_url + "/", page
            return browser.cookie("hanko") or ""

    arrived: list[str] = []
    all_there = asyncio.Event()
    async with asyncio.timeout(60):
        names = (people[number % len(people)] for number in range(SIGN_INS_AT_ONCE))
        tokens = await asyncio.gather(*map(one, names))
    assert len(set(tokens)) == SIGN_INS_AT_ONCE
    living = house.broker("sessions", "list", "--json").json
    of_alice = shown(house, "alice@alder.example")["id"]
    assert len([session for session in living if session["user_id"] == of_alice]) == 5  # session.limit


async def test_demo_in_front_shows_who_is_signed_in(house: House) -> None:
    async with house.browser() as browser:
        page = await house.curl(browser, "alice")
        assert (page.status, "Sign in with Microsoft" in page.text) == (200, True)
        me = await browser.get("/me", Origin=house.app_url)
        assert me.headers["Access-Control-Allow-Origin"] == house.app_url
        assert json.loads(me.body)["user_id"] == shown(house, "alice@alder.example")["id"]


async def refused_in_time(house: House, token: str) -> bool:
    deadline = time.monotonic() + HEARD_WITHIN
    while time.monotonic() < deadline:
        if not await house.is_valid(token):
            return True
    return False


def shown(house: House, user: str) -> dict[str, object]:
    described = house.broker("users", "show", user, "--json").json
    assert isinstance(described, dict)
    return described
