"""What is refused before any endpoint is asked: in the shapes of these clients too, whose codes are texts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import CLIENT_ID, ORIGIN, authorize_url, served
from tests.contract.workos.people import called, refused
from tests.peers.microsoft import MicrosoftPeer

EXCHANGES = ("/user_management/authenticate", "/sso/token")
LARGE = {"data": b"x" * 70_000, "headers": {"Content-Type": "application/json"}}
ELSEWHERE = {"headers": {"Origin": "https://evil.example"}, "json": {}}
FOREIGN_HOST = {"headers": {"Host": "evil.example"}, "json": {}}


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    limits = {"rate_limiter.tokens": "1/m", "rate_limiter.starts": "1/m"}
    changes = served() | limits | {"server.trusted_proxies": ["127.0.0.1", "::1"]}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


@pytest.mark.parametrize("path", EXCHANGES)
async def test_exchange_that_is_refused_at_the_door_is_told_as_by_the_exchange(program: Browser, path: str) -> None:
    for status, method, options in (
        (403, "POST", ELSEWHERE),
        (405, "PUT", {}),
        (413, "POST", LARGE),
        (421, "POST", FOREIGN_HOST),
    ):
        given: dict[str, Any] = options
        answered, body = refused(await program.send(method, path, **given))
        assert (answered, body.keys()) == (status, {"error", "error_description"})
        assert body["error"] == "invalid_request"


async def test_management_call_that_is_refused_at_the_door_is_told_by_a_word(program: Browser) -> None:
    for status, method, path, options in (
        (403, "POST", "/user_management/sessions/revoke", ELSEWHERE),
        (405, "DELETE", "/user_management/users", {}),
        (413, "POST", "/user_management/sessions/revoke", LARGE),
        (421, "POST", "/organizations", FOREIGN_HOST),
    ):
        given: dict[str, Any] = options
        answered, body = refused(await program.send(method, path, **given))
        assert (answered, body.keys()) == (status, {"code", "message"})
        assert body["code"] in ("forbidden", "method_not_allowed", "content_too_large", "misdirected_request")


async def test_limit_is_told_with_the_time_to_come_back(program: Browser) -> None:
    from_elsewhere = {"X-Forwarded-For": "203.0.113.5"}
    exchange = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code": "none"}
    headers = {**from_elsewhere, "Origin": ORIGIN}
    tried = [await program.send("POST", EXCHANGES[0], headers=headers, json=exchange) for _ in range(11)][-1]
    started = [await program.send("GET", authorize_url(), headers=from_elsewhere) for _ in range(2)][-1]

    assert refused(tried) == (429, {"error": "too_many_requests", "error_description": "Too Many Requests"})
    assert refused(started) == (429, {"code": "rate_limit_exceeded", "message": "Too Many Requests"})
    assert tried.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert all(1 <= int(page.headers["Retry-After"]) <= 60 for page in (tried, started))


async def test_paths_of_other_faces_are_refused_as_before(program: Browser) -> None:
    pages: list[Page] = [await called(program, "DELETE", "/me"), await program.send("PUT", "/token", **LARGE)]  # type: ignore[arg-type]

    assert [json.loads(page.body)["code"] for page in pages] == [405, 413]
