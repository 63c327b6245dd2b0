"""The SSO API: who is there, told once for a code, and again for the token that came with it."""

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography import x509

from broker.clock import FrozenClock
from broker.models.users import Email
from broker.protocol.pkce import challenge
from broker.store import users
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
from tests.peers.microsoft import MicrosoftPeer

KEYS = {
    "object", "id", "connection_id", "connection_type", "organization_id", "idp_id", "email", "first_name",
    "last_name", "name", "role", "roles", "groups", "custom_attributes", "raw_attributes",
}  # fmt: skip

VERIFIER = "v" * 43
PKCE = {"code_challenge": challenge(VERIFIER), "code_challenge_method": "S256"}


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


async def test_profile_shows_the_address_that_came_by_its_connection(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    found = json.loads((await exchanged(browser, program)).body)
    store = broker.application.broker.store
    async with store.transaction() as connection:
        [user] = await connection.fetch_all("SELECT user_id FROM emails")
        await connection.execute("UPDATE emails SET is_primary = FALSE")
        other = Email(
            id="01970000-0000-7000-8000-000000000001",
            user_id=user["user_id"],
            address="alice@private.example",
            is_primary=True,
            is_verified=True,
            verified_by="xms_edov",
            created_at=1,
            updated_at=1,
        )
        await users.insert_email(connection, other)

    page = await program.get("/sso/profile", Authorization=f"Bearer {found['access_token']}")
    assert json.loads(page.body)["email"] == "alice@alder.example"

    async with store.transaction() as connection:
        await connection.execute("DELETE FROM emails WHERE address = 'alice@alder.example'")
    page = await program.get("/sso/profile", Authorization=f"Bearer {found['access_token']}")
    assert json.loads(page.body)["email"] == "alice@private.example"


async def test_profile_of_somebody_who_is_locked_or_gone_is_not_found(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    token = json.loads((await exchanged(browser, program)).body)["access_token"]
    for statement in ("UPDATE users SET locked_at = 1", "DELETE FROM users"):
        async with broker.application.broker.store.transaction() as connection:
            await connection.execute(statement)
        page = await program.get("/sso/profile", Authorization=f"Bearer {token}")
        assert (page.status, set(json.loads(page.body))) == (404, {"message"})


async def test_profile_of_the_emulators_people_is_not_shown_where_it_may_not_stand_in(
    broker: RunningBroker, browser: Browser, program: Browser, emulator: MicrosoftPeer
) -> None:
    token = json.loads((await exchanged(browser, program)).body)["access_token"]
    section = {
        "client_id": "c11e0000-0000-4000-8000-00000000000c",
        "secret": "emulator-secret",
        "cloud": "custom",
        "authority": emulator.base_url,
    }
    await broker.reload({"third_party.providers.microsoft": section})

    assert (await program.get("/sso/profile", Authorization=f"Bearer {token}")).status == 404


@pytest.mark.parametrize(
    ("asked", "changes", "error"),
    [
        ({}, {"client_secret": None}, "invalid_client"),
        ({}, {"client_secret": OTHER_API_KEY}, "invalid_client"),
        ({}, {"client_id": "client_01NOBODY"}, "invalid_client"),
        ({}, {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY}, "invalid_grant"),
        ({}, {"client_id": None}, "invalid_request"),
        ({}, {"code": None}, "invalid_request"),
        ({}, {"grant_type": None}, "invalid_request"),
        ({}, {"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({}, {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, "unsupported_grant_type"),
        ({}, {"redirect_uri": "http://localhost:8888/other"}, "invalid_grant"),
        (PKCE, {}, "invalid_request"),
        (PKCE, {"code_verifier": "w" * 43}, "invalid_grant"),
        (PKCE, {"client_secret": None, "code_verifier": "w" * 43}, "invalid_grant"),
    ],
)
async def test_refused_exchange_leaves_the_code_to_whom_it_belongs(
    browser: Browser, program: Browser, asked: dict[str, str], changes: dict[str, str | None], error: str
) -> None:
    code = (await signed_in(browser, authorize_url("sso", **asked))).query["code"]
    honest = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}

    given = {name: value for name, value in {**honest, **changes}.items() if value is not None}
    page = await program.send("POST", "/sso/token", json=given)
    assert (page.status, json.loads(page.body)["error"]) == (400, error)
    assert code not in page.text

    proof = {"code_verifier": VERIFIER} if asked else {}
    assert (await program.send("POST", "/sso/token", json=honest | proof)).status == 200
    assert (await program.send("POST", "/sso/token", json=honest | proof)).status == 400


async def test_verifier_serves_an_application_without_secret_and_only_where_a_challenge_was_sent(
    browser: Browser, program: Browser
) -> None:
    with_challenge = (await signed_in(browser, authorize_url("sso", **PKCE))).query["code"]
    without = (await signed_in(browser, authorize_url("sso"))).query["code"]
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code_verifier": VERIFIER}

    assert (await program.send("POST", "/sso/token", json={**given, "code": with_challenge})).status == 200
    page = await program.send("POST", "/sso/token", json={**given, "code": without})
    assert (page.status, json.loads(page.body)["code"]) == (400, "code_challenge_not_found")


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


async def test_path_that_is_not_there_is_told_in_the_shape_of_the_others(program: Browser) -> None:
    page = await program.get("/user_management/nothing")

    assert (page.status, json.loads(page.body)) == (404, {"message": "Not Found"})
    assert page.headers["X-Request-ID"].startswith("req_")
