"""What programs say to the plain surface, and what they read in its answers."""

import json
from collections.abc import Mapping
from typing import Any

from tests.browsers import Browser, Page

COOKIE = "hanko"
UNAUTHORIZED = {"code": 401, "message": "Unauthorized"}
UNAVAILABLE = {"code": 503, "message": "Service Unavailable"}


def told(page: Page) -> Any:
    """The JSON of an answer."""
    assert page.headers["Content-Type"] == "application/json", page.text
    return json.loads(page.body)


def bearer(token: str) -> Mapping[str, str]:
    """The header that carries a token (RFC 6750 section 2.1)."""
    return {"Authorization": f"Bearer {token}"}


def in_cookies(*tokens: str) -> Mapping[str, str]:
    """The header of a browser that has these session cookies."""
    return {"Cookie": "; ".join(f"{COOKIE}={token}" for token in tokens)}


def token_of(browser: Browser) -> str:
    """The session token that this browser holds."""
    token = browser.cookie(COOKIE)
    assert token is not None, "not signed in"
    return token


async def whoami(program: Browser, headers: Mapping[str, str]) -> int:
    """The status of `GET /me` for whoever sends this."""
    return (await program.send("GET", "/me", headers=headers)).status


async def validated(program: Browser, token: str) -> Any:
    """What `POST /sessions/validate` says of a token."""
    page = await program.send("POST", "/sessions/validate", json={"session_token": token})
    assert page.status == 200, page.text
    return told(page)
