"""While the database cannot be asked nobody is told that they are signed out: 503, when to come back, for pages too.

A signed-out answer here would log everybody out of every application at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import UNAVAILABLE, bearer, in_cookies, token_of, told, whoami
from tests.peers.microsoft import MicrosoftPeer
from tests.postgres_server import PostgresServer

PAGE = "http://localhost:8888"
ENDPOINTS = [
    ("GET", "/me"),
    ("GET", "/sessions"),
    ("DELETE", "/sessions/01990000-0000-7000-8000-000000000000"),
    ("GET", "/sessions/validate"),
    ("POST", "/logout"),
    ("GET", "/logout"),
]


def assert_try_again(page: Page) -> None:
    assert (page.status, told(page)) == (503, UNAVAILABLE)
    assert int(page.headers["Retry-After"]) >= 1
    assert page.headers["Access-Control-Allow-Origin"] == PAGE
    assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Retry-After" in page.headers["Access-Control-Expose-Headers"]
    assert page.set_cookies == ()


async def ask(program: Browser, method: str, path: str, headers: Mapping[str, str], **options: Any) -> Page:
    return await program.send(method, path, headers={**headers, "Origin": PAGE}, **options)


@pytest.fixture
async def orphaned(broker: RunningBroker, alice: Browser) -> Browser:
    """Alice's browser, and her broker's database is gone."""
    await broker.application.broker.store.close()
    return alice


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_session_endpoint_says_try_again(method: str, path: str, orphaned: Browser, program: Browser) -> None:
    token = token_of(orphaned)
    for headers in (bearer(token), in_cookies(token)):
        assert_try_again(await ask(program, method, path, headers))


async def test_validate_of_a_given_token_says_try_again(orphaned: Browser, program: Browser) -> None:
    body = {"session_token": token_of(orphaned)}
    assert_try_again(await ask(program, "POST", "/sessions/validate", {}, json=body))


async def test_one_time_code_is_not_called_unknown(orphaned: Browser, program: Browser) -> None:
    assert_try_again(await ask(program, "POST", "/token", {}, json={"value": "x" * 43}))


async def test_sign_out_by_the_page_does_not_pretend_to_have_worked(orphaned: Browser) -> None:
    page = await orphaned.send("POST", "/logout", data={"return_to": f"{PAGE}/"})
    assert (page.status, page.set_cookies) == (503, ())


async def test_who_carries_no_session_needs_no_database(orphaned: Browser, program: Browser) -> None:
    assert await whoami(program, {}) == 401
    assert told(await program.send("GET", "/sessions/validate")) == {"is_valid": False}


async def test_readiness_fails_and_liveness_does_not(broker: RunningBroker, orphaned: Browser) -> None:
    for base in ("", broker.admin_url):
        assert (await orphaned.get(f"{base}/health/alive")).status == 200
        ready = await orphaned.get(f"{base}/health/ready")
        assert (ready.status, "Retry-After" in ready.headers) == (503, True)


@pytest.mark.postgres
async def test_server_that_was_killed_signs_nobody_out(
    own_postgres: PostgresServer, tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, database=own_postgres.url()) as broker,
        broker.browser() as alice,
        broker.browser() as program,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        own_postgres.kill()
        assert_try_again(await ask(program, "GET", "/me", bearer(token)))
        assert_try_again(await ask(program, "POST", "/sessions/validate", {}, json={"session_token": token}))
        assert (await program.get("/health/ready")).status == 503
        own_postgres.start()
        assert await whoami(program, bearer(token)) == 200
