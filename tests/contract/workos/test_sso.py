"""The SSO API: who is there, told once for a code, and again for the token that came with it."""

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography import x509

from broker.clock import FrozenClock
from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, authorize_url, signed_in

KEYS = {
    "object", "id", "connection_id", "connection_type", "organization_id", "idp_id", "email", "first_name",
    "last_name", "name", "role", "roles", "groups", "custom_attributes", "raw_attributes",
}  # fmt: skip


async def exchanged(browser: Browser, program: Browser, *, form: bool = False, person: str = "alice") -> Page:
    code = (await signed_in(browser, authorize_url("sso", login_hint=f"auto:{person}"))).query["code"]
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}
    body: dict[str, Any] = {"data": given} if form else {"json": given}
    return await program.send("POST", "/sso/token", **body)


@pytest.mark.parametrize("form", [False, True])
async def test_code_becomes_profile_and_token(browser: Browser, program: Browser, form: bool) -> None:
    found = json.loads((await exchanged(browser, program, form=form)).body)

    assert set(found) == {"token_type", "access_token", "expires_in", "profile"}
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 600)
    profile = found["profile"]
    assert set(profile) == KEYS
    assert profile["email"] == "alice@alder.example"
    assert profile["connection_type"] == "MicrosoftOAuth"
    assert profile["id"].startswith("prof_")
    assert profile["connection_id"].startswith("conn_")


async def test_profile_is_the_same_at_each_sign_in_and_another_for_somebody_else(
    browser: Browser, program: Browser
) -> None:
    first = json.loads((await exchanged(browser, program)).body)["profile"]
    again = json.loads((await exchanged(browser, program)).body)["profile"]
    other = json.loads((await exchanged(browser, program, person="bob")).body)["profile"]

    assert first == again
    assert other["id"] != first["id"]
    assert other["connection_id"] == first["connection_id"]


async def test_token_fetches_the_profile(browser: Browser, program: Browser) -> None:
    found = json.loads((await exchanged(browser, program)).body)

    page = await program.get("/sso/profile", Authorization=f"Bearer {found['access_token']}")

    assert json.loads(page.body) == found["profile"]


async def test_token_is_good_for_ten_minutes(broker_at: tuple[RunningBroker, FrozenClock]) -> None:
    broker, now = broker_at
    async with broker.browser() as browser, broker.browser() as program:
        found = json.loads((await exchanged(browser, program)).body)
        now.advance(599)
        assert (await program.get("/sso/profile", Authorization=f"Bearer {found['access_token']}")).status == 200
        now.advance(1)
        page = await program.get("/sso/profile", Authorization=f"Bearer {found['access_token']}")

    assert (page.status, json.loads(page.body)) == (401, {"error": "Unauthorized"})


async def test_what_is_no_token_of_a_profile_is_unauthorized(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    session_token = (await browser.sign_in("alice")).set_cookies[0].partition("=")[2].partition(";")[0]
    sign = broker.application.broker.keyring.sign
    claims = jwt.decode(
        json.loads((await exchanged(browser, program)).body)["access_token"], options={"verify_signature": False}
    )
    for token in (
        API_KEY,
        session_token,
        "a.b.c",
        sign(claims),
        sign({**claims, "aud": "somebody"}, typ="profile+jwt"),
        sign({**claims, "client_id": "client_01GONE"}, typ="profile+jwt"),
        sign({**claims, "sub": "user_01H40000000E00800000000000"}, typ="profile+jwt"),
    ):
        page = await program.get("/sso/profile", Authorization=f"Bearer {token}")
        assert (page.status, json.loads(page.body)) == (401, {"error": "Unauthorized"})
    assert (await program.get("/sso/profile")).status == 401


async def test_token_of_a_profile_is_no_session(browser: Browser, program: Browser) -> None:
    token = json.loads((await exchanged(browser, program)).body)["access_token"]

    assert "sid" not in jwt.decode(token, options={"verify_signature": False})
    assert (await program.get("/me", Authorization=f"Bearer {token}")).status == 401


async def test_code_of_user_management_is_not_honoured(browser: Browser, program: Browser) -> None:
    code = (await signed_in(browser)).query["code"]
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}

    page = await program.send("POST", "/sso/token", json=given)

    assert (page.status, json.loads(page.body)["error"]) == (400, "invalid_grant")


async def test_no_session_begins(broker: RunningBroker, browser: Browser, program: Browser) -> None:
    assert (await exchanged(browser, program)).status == 200

    async with broker.application.broker.store.read() as connection:
        assert await connection.fetch_all("SELECT id FROM sessions") == []


async def test_keys_are_published_with_certificates(program: Browser) -> None:
    page = await program.get(f"/sso/jwks/{CLIENT_ID}")

    assert page.headers["Access-Control-Allow-Origin"] == "*"
    keys = json.loads(page.body)["keys"]
    assert len(keys) >= 1
    for key in keys:
        der = base64.b64decode(key["x5c"][0])
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(certificate)
        assert key["x5t#S256"] == base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
        numbers = certificate.public_key().public_numbers()  # type: ignore[union-attr]
        assert base64.urlsafe_b64decode(key["n"] + "==") == numbers.n.to_bytes(256)  # type: ignore[union-attr]


async def test_keys_of_nobody_are_not_found(program: Browser) -> None:
    page = await program.get("/sso/jwks/client_01NOBODY")

    assert page.status == 404
    assert json.loads(page.body)["message"]
