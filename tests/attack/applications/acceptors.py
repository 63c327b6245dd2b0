"""Every place that accepts some kind of token, and how to see that it did."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jwt

from tests.brokers import APP, RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.steps import FlowClient
from tests.contract.plain.calls import COOKIE, bearer, in_cookies
from tests.contract.workos.applications import API_KEY, CLIENT_ID, ORIGIN
from tests.contract.workos.sessions import PATH

Accepts = Callable[[Browser, RunningBroker, str], Awaitable[bool]]
CODE = "authorization_code"


@dataclass(frozen=True, kw_only=True)
class Acceptor:
    """`takes` are the kinds that it is for. `accepts` tries one, and says whether it was taken."""

    name: str
    takes: frozenset[str]
    accepts: Accepts


def _by_header(path: str, header: Callable[[str], Mapping[str, str]]) -> Accepts:
    async def accepts(program: Browser, _broker: RunningBroker, value: str) -> bool:
        return (await program.send("GET", path, headers=header(value))).status == 200

    return accepts


def _by_link(path: str, is_taken: Callable[[int, str], bool]) -> Accepts:
    async def accepts(program: Browser, _broker: RunningBroker, value: str) -> bool:
        page = await program.get(path + quote(value, safe=""))
        return is_taken(page.status, page.location or "")

    return accepts


def _by_body(path: str, member: str, **further: Any) -> Accepts:
    async def accepts(program: Browser, _broker: RunningBroker, value: str) -> bool:
        return (await program.send("POST", path, json={**further, member: value})).status == 200

    return accepts


async def _is_valid(program: Browser, _broker: RunningBroker, value: str) -> bool:
    page = await program.send("POST", "/sessions/validate", json={"session_token": value})
    return page.status == 200 and bool(json.loads(page.body)["is_valid"])


async def _opens_the_admin_address(program: Browser, broker: RunningBroker, value: str) -> bool:
    return (await program.send("GET", f"{broker.admin_url}/users", headers=bearer(value))).status == 200


async def _proves_the_application(program: Browser, _broker: RunningBroker, value: str) -> bool:
    body = {"client_id": CLIENT_ID, "client_secret": value, "grant_type": CODE, "code": "none"}
    page = await program.send("POST", PATH, json=body)
    assert page.status == 400
    return bool(json.loads(page.body)["error"] != "invalid_client")


async def _renews_by_cookie(program: Browser, _broker: RunningBroker, value: str) -> bool:
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site", "Cookie": f"wos-rt-{CLIENT_ID}={value}"}
    body = {"client_id": CLIENT_ID, "grant_type": "refresh_token"}
    return (await program.send("POST", PATH, json=body, headers=headers)).status == 200


async def _sessions(broker: RunningBroker) -> int:
    async with broker.application.broker.store.read() as connection:
        row = await connection.fetch_one("SELECT COUNT(*) AS number FROM sessions")
    assert row is not None
    return int(row["number"])


async def _signs_out(program: Browser, broker: RunningBroker, value: str) -> bool:
    before = await _sessions(broker)
    await program.get(f"/user_management/sessions/logout?session_id={quote(value, safe='')}")
    return await _sessions(broker) < before


async def _revokes(program: Browser, broker: RunningBroker, value: str) -> bool:
    before = await _sessions(broker)
    body = {"session_id": value}
    await program.send("POST", "/user_management/sessions/revoke", json=body, headers=bearer(API_KEY))
    return await _sessions(broker) < before


async def _is_taken_by_a_backend(program: Browser, _broker: RunningBroker, value: str) -> bool:
    """As the session helpers of the SDKs do: by the published keys, and a `sid`; they look at no audience."""
    keys = jwt.PyJWKSet.from_dict(json.loads((await program.get(f"/sso/jwks/{CLIENT_ID}")).body))
    try:
        key = keys[jwt.get_unverified_header(value)["kid"]]
        claims = jwt.decode(value, key, algorithms=["RS256"], options={"verify_aud": False})
    except (jwt.InvalidTokenError, KeyError, UnicodeEncodeError):
        return False
    return isinstance(claims.get("sid"), str)


async def _ends_a_flow(_program: Browser, broker: RunningBroker, value: str) -> bool:
    """A sign-in of Hanko's pages, up to where it waits for the code that its own callback brings."""
    async with broker.browser() as browser:
        flow = FlowClient(browser)
        await flow.to_provider(verifier=None, redirect_to=APP)
        state = await flow.exchange(value, None)
        return state["name"] == "success" or browser.cookie(COOKIE) is not None


def _acceptor(name: str, accepts: Accepts, *takes: str) -> Acceptor:
    return Acceptor(name=name, takes=frozenset(takes), accepts=accepts)


_CLIENT = {"client_id": CLIENT_ID, "client_secret": API_KEY}
_EITHER_REFRESH_TOKEN = ("refresh token", "refresh token of a page")
ACCEPTORS = (
    _acceptor("Bearer of the plain face", _by_header("/me", bearer), "session token"),
    _acceptor("session cookie", _by_header("/me", in_cookies), "session token"),
    _acceptor("POST /sessions/validate", _is_valid, "session token"),
    _acceptor("admin address", _opens_the_admin_address, "admin key"),
    _acceptor(
        "management API",
        _by_header("/user_management/users", bearer),
        *("API key", "another application's API key"),
    ),
    _acceptor("client_secret", _proves_the_application, "API key"),
    _acceptor("GET /sso/profile", _by_header("/sso/profile", bearer), "access token of a profile"),
    _acceptor("backend with the published keys", _is_taken_by_a_backend, "access token"),
    _acceptor(
        "GET /thirdparty/start",
        _by_link("/thirdparty/start?ticket=", lambda status, to: status == 303 and "/oauth2/" in to),
        "ticket",
    ),
    _acceptor("GET /login", _by_link("/login?ticket=", lambda status, _: status == 200), "ticket of a page"),
    _acceptor(
        "GET /login/start",
        _by_link("/login/start?provider=microsoft&ticket=", lambda _, to: "/oauth2/" in to),
        "ticket of a page",
    ),
    _acceptor("GET /logout/return", _by_link("/logout/return?state=", lambda _, to: to.startswith(APP)), "way back"),
    _acceptor(
        "GET /sso/logout",
        _by_link("/sso/logout?token=", lambda _, to: "/oauth2/v2.0/logout" in to),
        "leave to sign out",
    ),
    _acceptor("exchange_token of a flow", _ends_a_flow),  # takes the code of its own sign-in alone
    _acceptor("POST /token", _by_body("/token", "value"), "one-time code"),
    _acceptor("POST /sso/token", _by_body("/sso/token", "code", grant_type=CODE, **_CLIENT), "code of sso"),
    _acceptor(
        "code grant",
        _by_body(PATH, "code", grant_type=CODE, **_CLIENT),
        # Word of who is there may become a session (see signin/exchange); by now this code is used up.
        "code of user_management",
    ),
    _acceptor(
        "refresh grant",
        _by_body(PATH, "refresh_token", grant_type="refresh_token", **_CLIENT),
        *_EITHER_REFRESH_TOKEN,
    ),
    _acceptor("refresh cookie", _renews_by_cookie, "refresh token of a page"),
    _acceptor("sign-out link", _signs_out, "session id"),
    _acceptor("revocation", _revokes, "session id"),
)
