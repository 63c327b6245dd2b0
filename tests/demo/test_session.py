"""Reading a session by its signature: what counts, and everything that does not."""

import base64
import hmac
import json
import time

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.demo.fake_broker import USER_ID, FakeBroker, Key


async def whoami(http: aiohttp.ClientSession, **headers: str) -> tuple[int, dict[str, str]]:
    async with http.get("/api/whoami", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_cookie_says_who_is_calling(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    status, body = await whoami(http, Cookie=f"theme=dark; hanko={broker.token()}")
    assert status == 200
    assert (body["user_id"], body["email"], body["carried_by"]) == (USER_ID, "alice@alder.example", "cookie")
    assert body["expires_at"].endswith("Z")


async def test_bearer_says_who_is_calling(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    status, body = await whoami(http, Authorization=f"bearer {broker.token()}")
    assert (status, body["carried_by"]) == (200, "bearer")


async def test_without_a_token_the_answer_is_401_and_names_the_scheme(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/whoami") as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": int(time.time()) - 1}, id="expired"),
        pytest.param({"exp": None}, id="never expires"),
        pytest.param({"nbf": int(time.time()) + 3600}, id="not valid yet"),
        pytest.param({"aud": ["elsewhere.example"]}, id="for another audience"),
        pytest.param({"aud": None}, id="for nobody"),
        pytest.param({"iss": "http://localhost:1"}, id="by another issuer"),
        pytest.param({"iss": None}, id="by nobody"),
        pytest.param({"sub": None}, id="about nobody"),
        pytest.param({"session_id": None}, id="no session token"),
        pytest.param({"session_id": 7}, id="session id is no text"),
    ],
)
async def test_token_with_wrong_claims_is_refused(
    broker: FakeBroker, http: aiohttp.ClientSession, claims: dict[str, object]
) -> None:
    token = broker.token(**{"session_id": "session-1", **claims})  # type: ignore[arg-type] # wrong on purpose
    assert (await whoami(http, Authorization=f"Bearer {token}"))[0] == 401


async def test_token_signed_by_a_stranger_under_our_kid_is_refused(
    broker: FakeBroker, http: aiohttp.ClientSession, strangers_key: Key
) -> None:
    assert (await whoami(http, Authorization=f"Bearer {broker.token(key=strangers_key)}"))[0] == 401


def _unsigned(token: str, *, alg: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": "first", "typ": "JWT"}).encode()).rstrip(b"=")
    return f"{header.decode()}.{token.split('.')[1]}."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "RS256", ""])
async def test_token_without_signature_is_refused(broker: FakeBroker, http: aiohttp.ClientSession, alg: str) -> None:
    token = _unsigned(broker.token(), alg=alg)
    assert (await whoami(http, Authorization=f"Bearer {token}"))[0] == 401


async def test_public_key_used_as_a_shared_secret_is_refused(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    public = broker.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = _unsigned(broker.token(), alg="HS256").rstrip(".")
    mac = base64.urlsafe_b64encode(hmac.digest(public, unsigned.encode(), "sha256")).rstrip(b"=").decode()
    assert (await whoami(http, Authorization=f"Bearer {unsigned}.{mac}"))[0] == 401


@pytest.mark.parametrize("alg", ["RS512", "PS256"])
async def test_another_algorithm_of_the_right_key_is_refused(
    broker: FakeBroker, http: aiohttp.ClientSession, alg: str
) -> None:
    claims = jwt.decode(broker.token(), options={"verify_signature": False})
    token = jwt.encode(claims, broker.key.private, algorithm=alg, headers={"kid": "first"})
    assert (await whoami(http, Authorization=f"Bearer {token}"))[0] == 401


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "Bearer " + "a" * 7000, "Bearer ..", "é"]
)
async def test_nonsense_in_the_header_is_refused(http: aiohttp.ClientSession, value: str) -> None:
    assert (await whoami(http, Authorization=value))[0] == 401


async def test_a_bad_bearer_is_not_rescued_by_a_good_cookie(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    assert (await whoami(http, Authorization="Bearer x", Cookie=f"hanko={broker.token()}"))[0] == 401


async def test_two_different_session_cookies_count_as_none(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    mine, tossed = broker.token(session_id="mine"), broker.token(session_id="tossed")
    assert (await whoami(http, Cookie=f"hanko={mine}; hanko={tossed}"))[0] == 401
    assert (await whoami(http, Cookie=f"hanko={mine}; hanko={mine}"))[0] == 200
