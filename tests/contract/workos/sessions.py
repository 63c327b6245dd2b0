"""What programs and pages of an application do with a session: begin it, renew it, and look at what they got."""

import json
from collections.abc import Mapping
from typing import Any, Final

import jwt

from broker.protocol.pkce import challenge
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, ORIGIN, authorize_url, signed_in

PATH: Final = "/user_management/authenticate"
VERIFIER: Final = "v" * 43
PKCE: Final = {"code_challenge": challenge(VERIFIER), "code_challenge_method": "S256"}
OF_THE_PAGE: Final = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"}
"""What a script of the registered page sends along."""


async def code_of(browser: Browser, interface: str = "user_management", **changes: str | None) -> str:
    """The code that a sign-in ends with."""
    return (await signed_in(browser, authorize_url(interface, **changes))).query["code"]


async def asked(program: Browser, headers: Mapping[str, str] | None = None, **body: Any) -> Page:
    """A request for tokens."""
    sent = {key: value for key, value in {"client_id": CLIENT_ID, **body}.items() if value is not None}
    return await program.send("POST", PATH, json=sent, headers=headers)


async def begun(
    browser: Browser,
    headers: Mapping[str, str] | None = None,
    *,
    start: Mapping[str, str | None] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """What an application gets after a sign-in: a program with its secret, or with `headers` a page."""
    asking: dict[str, Any] = {**({} if headers is None else PKCE), **(start or {})}
    code = await code_of(browser, **asking)
    proof = {"client_secret": API_KEY} if headers is None else {"code_verifier": VERIFIER}
    return told(await asked(browser, headers, grant_type="authorization_code", code=code, **{**proof, **changes}))


async def renewed(program: Browser, token: str | None, headers: Mapping[str, str] | None = None, **body: Any) -> Page:
    """The answer to a refresh; by a program with its secret, or with `headers` by a page."""
    secret = API_KEY if headers is None else None
    given = {"grant_type": "refresh_token", "refresh_token": token, "client_secret": secret, **body}
    return await asked(program, headers, **given)


def told(page: Page) -> dict[str, Any]:
    """The body of a good answer."""
    assert page.status == 200, page.text
    found: dict[str, Any] = json.loads(page.body)
    return found


def error_of(page: Page) -> tuple[int, str]:
    """Status and code of a bad one, which is JSON of the first shape."""
    assert page.headers["Content-Type"] == "application/json"
    found = json.loads(page.body)
    assert set(found) == {"error", "error_description"}
    return page.status, found["error"]


def claims_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the access token says."""
    found: dict[str, Any] = jwt.decode(answer["access_token"], options={"verify_signature": False})
    return found
