"""Signing out: by a program's call, or by a page that asks, since a link alone must not sign anybody out."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import COOKIE, UNAUTHORIZED, bearer, token_of, told, validated, whoami
from tests.peers.microsoft import MicrosoftPeer

APP = "http://localhost:8888"
BACK = f"{APP}/bye?from=here#top"
DELETED = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


def attributes(set_cookie: str) -> list[str]:
    return [part for part in set_cookie.split("; ")[1:] if not part.startswith("Max-Age=")]


async def test_logout_ends_the_session_and_deletes_the_cookie(alice: Browser, program: Browser) -> None:
    token = token_of(alice)
    page = await alice.send("POST", "/logout")
    assert (page.status, page.body, page.set_cookies) == (204, b"", (DELETED,))
    assert alice.cookie(COOKIE) is None
    assert await validated(program, token) == {"is_valid": False}


async def test_logout_ends_a_session_that_came_as_bearer(alice: Browser, program: Browser) -> None:
    token = token_of(alice)
    assert (await program.send("POST", "/logout", headers=bearer(token))).status == 204
    assert await whoami(program, bearer(token)) == 401


async def test_logout_leaves_the_other_sessions_of_the_person(broker: RunningBroker, alice: Browser) -> None:
    async with broker.browser() as other:
        await other.sign_in("alice")
        await alice.send("POST", "/logout")
        assert (await other.get("/me")).status == 200


async def test_logout_without_a_session_is_401_and_leaves_the_cookie_alone(program: Browser) -> None:
    """A late answer to an old tab would otherwise wipe out the session of a newer sign-in."""
    for headers in ({}, {"Cookie": "hanko=x"}, bearer("x")):
        page = await program.send("POST", "/logout", headers=headers)
        assert (page.status, told(page), page.set_cookies) == (401, UNAUTHORIZED, ())


async def test_second_logout_is_401(alice: Browser, program: Browser) -> None:
    headers = bearer(token_of(alice))
    assert [(await program.send("POST", "/logout", headers=headers)).status for _ in range(2)] == [204, 401]


_REGISTRATION = {
    "client_id": "5a1d0000-0000-4000-8000-000000000001",
    "secrets": [{"value": "a-secret-of-its-own"}],
    "add_redirect_uris": ["https://login.example.com/thirdparty/callback"],
    "optional_claims": ["upn", "email", "xms_edov", "acct"],
}
"""One that only this test knows: those that everybody knows are refused to a public broker."""


@pytest.mark.parametrize(
    "cookie",
    [
        {"name": "session", "same_site": "strict"},
        {"same_site": "none", "http_only": False},
        {"retention": "session"},
        {"domain": "example.com"},
    ],
)
async def test_cookie_is_deleted_with_the_attributes_it_was_set_with(
    cookie: dict[str, object], tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    """A browser keeps a cookie whose deletion has another domain or path."""
    changes = {
        "session.cookie": cookie,
        "service.environment": "staging",
        "third_party.providers.microsoft": {
            "client_id": _REGISTRATION["client_id"],
            "secret": "a-secret-of-its-own",
            "cloud": "custom",
            "authority": emulator.base_url,
        },
    }
    await emulator.registrations(**_REGISTRATION)
    public_url = "https://login.example.com"
    async with running_broker(base_dir=tmp_path, changes=changes, public_url=public_url) as broker:
        name = str(cookie.get("name", COOKIE))
        async with broker.browser() as browser:
            signed_in = await browser.sign_in("alice")
            (written,) = [line for line in signed_in.set_cookies if line.startswith(f"{name}=")]
            token = written.partition("=")[2].partition(";")[0]
            (deleted,) = (await browser.send("POST", "/logout", headers=bearer(token))).set_cookies
    assert deleted.startswith(f"{name}=; Path=/; ")
    assert "Max-Age=0" in deleted
    assert attributes(written) == attributes(deleted)
    assert "Secure" in attributes(written)


async def test_link_asks_before_it_signs_out(alice: Browser) -> None:
    page = await alice.get(f"/logout?{urlencode({'return_to': BACK})}")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<form method="post" action="/logout">' in page.text
    assert (await alice.get("/me")).status == 200


async def test_page_that_asks_sends_its_form_only_to_us_and_back_to_the_application(alice: Browser) -> None:
    policy = (await alice.get(f"/logout?{urlencode({'return_to': BACK})}")).headers["Content-Security-Policy"]
    assert f"form-action 'self' {APP}" in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in (await alice.get("/logout")).headers["Content-Security-Policy"]


async def test_page_that_asks_lets_its_form_say_where_it_comes_from(alice: Browser) -> None:
    """With `no-referrer` browsers send `Origin: null` from a form, which we refuse."""
    assert (await alice.get("/logout")).headers["Referrer-Policy"] == "same-origin"


async def test_form_of_the_page_signs_out_and_returns_to_the_application(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    token = token_of(alice)
    page = await alice.get(f"/logout?{urlencode({'return_to': BACK})}")
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}
    answer = await alice.send("POST", "/logout", data=fields, headers={"Origin": broker.url})
    assert (answer.status, answer.location, answer.set_cookies) == (303, BACK, (DELETED,))
    assert await validated(program, token) == {"is_valid": False}


async def test_form_without_a_target_ends_on_a_page_of_ours(broker: RunningBroker, alice: Browser) -> None:
    answer = await alice.send("POST", "/logout", data={"x": ""}, headers={"Origin": broker.url})
    assert (answer.status, answer.set_cookies) == (200, (DELETED,))
    assert "You are signed out" in answer.text


async def test_form_of_somebody_who_signed_out_in_another_tab_returns_all_the_same(browser: Browser) -> None:
    answer = await browser.send("POST", "/logout", data={"return_to": BACK})
    assert (answer.status, answer.location) == (303, BACK)


async def test_link_of_somebody_who_is_not_signed_in_goes_straight_back(browser: Browser) -> None:
    answer = await browser.get(f"/logout?{urlencode({'return_to': BACK})}")
    assert (answer.status, answer.location) == (303, BACK)
    assert "You are signed out" in (await browser.get("/logout")).text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "http://localhost:8888@evil.example/", "//evil.example/", "javascript:alert(1)", "/me"],
)
async def test_target_that_the_allowlist_does_not_admit_is_refused(target: str, alice: Browser) -> None:
    link = await alice.get(f"/logout?{urlencode({'return_to': target})}")
    form = await alice.send("POST", "/logout", data={"return_to": target})
    for page in (link, form):
        assert (page.status, page.location) == (400, None)
        assert "evil" not in page.text
    assert (await alice.get("/me")).status == 200


async def test_target_that_is_given_twice_is_refused(alice: Browser) -> None:
    assert (await alice.get(f"/logout?{urlencode([('return_to', BACK), ('return_to', BACK)])}")).status == 400


@pytest.mark.parametrize("body", [{"data": {"return_to": BACK}}, {"json": {}}, {}])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_page_of_a_stranger_signs_nobody_out(origin: str, body: dict[str, object], alice: Browser) -> None:
    page = await alice.send("POST", "/logout", headers={"Origin": origin}, **body)
    assert (page.status, page.set_cookies) == (403, ())
    assert (await alice.get("/me")).status == 200
