"""`/sessions/validate`: what a backend asks before it changes anything, in the words of Hanko's API."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import bearer, token_of, told, validated
from tests.peers.microsoft import MicrosoftPeer

NO = {"is_valid": False}


def spelled(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_claims_of_a_living_session_are_spelled_out(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    token = token_of(alice)
    claims = jwt.decode(token, options={"verify_signature": False})
    expected = {
        "is_valid": True,
        "claims": {
            "audience": ["localhost"],
            "email": claims["email"],
            "expiration": spelled(claims["exp"]),
            "issued_at": spelled(claims["iat"]),
            "issuer": broker.url,
            "session_id": claims["session_id"],
            "subject": claims["sub"],
        },
        "expiration_time": spelled(claims["exp"]),
        "user_id": claims["sub"],
    }
    assert await validated(program, token) == expected
    assert told(await program.send("GET", "/sessions/validate", headers=bearer(token))) == expected
    assert told(await alice.get("/sessions/validate")) == expected


async def test_end_by_idleness_is_told_and_never_lies_behind_the_absolute_one(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    changes = {"session.idle_timeout": "30m", "session.lifespan": "1h"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as alice,
    ):
        await alice.sign_in("alice")
        began = now.now()
        told_by_get = told(await alice.get("/sessions/validate"))
        assert told_by_get["idle_expires_at"] == spelled(began + 1800)
        now.advance(20 * 60)
        assert (await validated(alice, token_of(alice)))["idle_expires_at"] == spelled(began + 20 * 60 + 1800)
        now.advance(20 * 60)
        assert (await validated(alice, token_of(alice)))["idle_expires_at"] == spelled(began + 3600)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Cookie": "hanko=x"}])
async def test_without_a_living_session_the_answer_is_no_and_never_401(
    headers: dict[str, str], program: Browser
) -> None:
    page = await program.send("GET", "/sessions/validate", headers=headers)
    assert (page.status, told(page)) == (200, NO)
    assert page.set_cookies == ()


async def test_token_that_is_none_is_not_valid(program: Browser) -> None:
    assert await validated(program, "x") == NO


@pytest.mark.parametrize("body", [{}, {"session_token": ""}, {"session_token": None}, {"other": "x"}])
async def test_missing_token_is_a_mistake_of_the_caller(body: dict[str, Any], program: Browser) -> None:
    page = await program.send("POST", "/sessions/validate", json=body)
    message = "code=400, message=session_token is a required field"
    assert (page.status, told(page)) == (400, {"code": 400, "message": message})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b'{"session_token": 1}',
        b'{"session_token": ["x"]}',
        b'{"session_token": "x", "session_token": "y"}',
        b'{"session_token": "x"} {}',
        b'{"session_token": "\xff"}',
        b'{"a": ' * 40 + b"1" + b"}" * 40,
    ],
)
async def test_body_that_is_no_such_object_is_refused(body: bytes, program: Browser) -> None:
    page = await program.send("POST", "/sessions/validate", data=body, headers={"Content-Type": "application/json"})
    assert (page.status, told(page)["code"]) == (400, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data"]
)
async def test_only_json_is_read(content_type: str, alice: Browser, program: Browser) -> None:
    """A form of another site can send these without asking."""
    body = json.dumps({"session_token": token_of(alice)})
    for path in ("/sessions/validate", "/token"):
        page = await program.send("POST", path, data=body, headers={"Content-Type": content_type})
        assert (page.status, told(page)) == (415, {"code": 415, "message": "Unsupported Media Type"})


async def test_body_without_a_type_is_not_read(program: Browser) -> None:
    page = await program.send("POST", "/sessions/validate", data=b"{}", skip_auto_headers=["Content-Type"])
    assert page.status == 415


async def test_type_may_have_parameters_and_any_case(alice: Browser, program: Browser) -> None:
    body = json.dumps({"session_token": token_of(alice)})
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert told(await program.send("POST", "/sessions/validate", data=body, headers=headers))["is_valid"] is True
