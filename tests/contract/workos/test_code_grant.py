"""The code grant of `POST /user_management/authenticate`: once, for the application, with its proof."""

import json
from typing import Any

import jwt
import pytest

from broker.protocol.pkce import challenge
from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import (
    API_KEY,
    CLIENT_ID,
    OTHER_API_KEY,
    OTHER_CLIENT_ID,
    authorize_url,
    signed_in,
)

VERIFIER = "v" * 43
PKCE = {"code_challenge": challenge(VERIFIER), "code_challenge_method": "S256"}
PATH = "/user_management/authenticate"


async def exchange(program: Browser, honest_code: str, **changes: Any) -> Page:
    given = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": API_KEY,
        "code": honest_code,
        **changes,
    }
    return await program.send("POST", PATH, json={key: value for key, value in given.items() if value is not None})


async def code_of(browser: Browser, interface: str = "user_management", **changes: str | None) -> str:
    page = await signed_in(browser, authorize_url(interface, **changes))
    return page.query["code"]


def error_of(page: Page) -> tuple[int, str]:
    return page.status, json.loads(page.body)["error"]


async def test_code_becomes_user_and_tokens(broker: RunningBroker, browser: Browser, program: Browser) -> None:
    page = await exchange(program, await code_of(browser))

    found = json.loads(page.body)
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert found["user"]["email"] == "alice@alder.example"
    assert found["user"]["email_verified"] is True
    assert found["authentication_method"] == "MicrosoftOAuth"
    assert "organization_id" not in found
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert claims["iss"] == f"{broker.url}/user_management/{CLIENT_ID}"
    assert (claims["aud"], claims["client_id"], claims["sub"]) == (CLIENT_ID, CLIENT_ID, found["user"]["id"])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["sid"].startswith("session_")


async def test_code_is_honoured_once(browser: Browser, program: Browser) -> None:
    code = await code_of(browser)
    assert (await exchange(program, code)).status == 200

    assert error_of(await exchange(program, code)) == (400, "invalid_grant")


async def test_verifier_serves_a_client_without_secret(browser: Browser, program: Browser) -> None:
    code = await code_of(browser, **PKCE)

    assert (await exchange(program, code, client_secret=None, code_verifier=VERIFIER)).status == 200


@pytest.mark.parametrize(
    ("asked", "changes", "error"),
    [
        ({}, {"client_secret": None}, "invalid_client"),
        ({}, {"client_secret": "sk_wrong_0123456789abcdef0123"}, "invalid_client"),
        ({}, {"client_secret": OTHER_API_KEY}, "invalid_client"),
        ({}, {"client_id": "client_01NOBODY"}, "invalid_client"),
        ({}, {"client_id": None}, "invalid_request"),
        ({}, {"grant_type": None}, "invalid_request"),
        ({}, {"code": None}, "invalid_request"),
        ({}, {"grant_type": "password"}, "unsupported_grant_type"),
        ({}, {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY}, "invalid_grant"),
        ({}, {"redirect_uri": "http://localhost:8888/other"}, "invalid_grant"),
        (PKCE, {}, "invalid_request"),
        (PKCE, {"client_secret": None, "code_verifier": "w" * 43}, "invalid_grant"),
        (PKCE, {"code_verifier": "w" * 43}, "invalid_grant"),
    ],
)
async def test_refused_exchange_leaves_the_code_to_whom_it_belongs(
    browser: Browser, program: Browser, asked: dict[str, str], changes: dict[str, Any], error: str
) -> None:
    code = await code_of(browser, **asked)

    assert error_of(await exchange(program, code, **changes)) == (400, error)
    assert (await exchange(program, code, code_verifier=VERIFIER if asked else None)).status == 200


async def test_redirect_uri_may_be_sent_again_as_it_was_sent_first(browser: Browser, program: Browser) -> None:
    spelled = "HTTP://LOCALHOST:8888/callback"
    code = (await signed_in(browser, authorize_url(redirect_uri=spelled))).query["code"]

    assert (await exchange(program, code, redirect_uri=spelled)).status == 200


async def test_verifier_without_a_challenge_is_told_in_its_own_words(browser: Browser, program: Browser) -> None:
    page = await exchange(program, await code_of(browser), code_verifier=VERIFIER)

    assert page.status == 400
    assert json.loads(page.body)["code"] == "code_challenge_not_found"


async def test_code_of_the_other_interface_becomes_a_session(browser: Browser, program: Browser) -> None:
    assert (await exchange(program, await code_of(browser, "sso"))).status == 200


async def test_form_is_read_like_json(browser: Browser, program: Browser) -> None:
    given = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": API_KEY,
        "code": await code_of(browser),
    }

    assert (await program.send("POST", PATH, data=given)).status == 200


async def test_code_of_an_application_is_no_one_time_code_of_the_plain_surface(
    browser: Browser, program: Browser
) -> None:
    page = await program.send("POST", "/token", json={"value": await code_of(browser)})

    assert page.status == 404


async def test_access_token_is_no_session_token(browser: Browser, program: Browser) -> None:
    token = json.loads((await exchange(program, await code_of(browser))).body)["access_token"]

    assert (await program.get("/me", Authorization=f"Bearer {token}")).status == 401
