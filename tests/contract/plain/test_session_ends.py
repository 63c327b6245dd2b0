"""How a session ends: at once when it is revoked, wherever that is done, and by itself when its time is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import bearer, in_cookies, token_of, told, validated
from tests.peers.microsoft import MicrosoftPeer

HOUR = 3600


async def refusals(program: Browser, token: str, *, logout: bool = True) -> dict[str, bool]:
    """Whether each endpoint that reads a session refuses this one."""
    asked = [("GET", "/me"), ("GET", "/sessions"), ("DELETE", "/sessions/x"), *([("POST", "/logout")] * logout)]
    found = {}
    for name, headers in (("bearer", bearer(token)), ("cookie", in_cookies(token))):
        for method, path in asked:
            page = await program.send(method, path, headers=headers)
            found[f"{method} {path} {name}"] = page.status == 401
        valid = told(await program.send("GET", "/sessions/validate", headers=headers))
        found[f"GET /sessions/validate {name}"] = valid == {"is_valid": False}
        page = await program.send("GET", "/logout", headers=headers)
        found[f"GET /logout {name}"] = "<form" not in page.text
    found["POST /sessions/validate"] = await validated(program, token) == {"is_valid": False}
    return found


def session_id(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["session_id"])


@asynccontextmanager
async def replica_of(broker: RunningBroker, base_dir: Path, database: str) -> AsyncIterator[Browser]:
    """A caller of a second broker over the same database, by the same name."""
    # It listens elsewhere, so callers name the public URL as a proxy would.
    changes = {"session.issuer": broker.url}
    async with running_broker(base_dir=base_dir, database=database, changes=changes, public_url=broker.url) as second:
        assert second.application is not broker.application
        async with second.browser() as program:
            yield program


async def test_revoked_session_is_refused_by_every_endpoint_at_once(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    token = token_of(alice)
    assert [name for name, refused in (await refusals(program, token, logout=False)).items() if refused] == []
    await broker.application.broker.sessions.end(session_id(token), user_id=None, reason="revoked", actor="operator")
    assert [name for name, refused in (await refusals(program, token)).items() if not refused] == []


async def test_session_that_ended_on_one_replica_is_refused_on_the_other_at_once(
    tmp_path: Path, emulator: MicrosoftPeer, database_url: str
) -> None:
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, database=database_url) as first,
        first.browser() as alice,
        replica_of(first, tmp_path, database_url) as elsewhere,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        assert (await validated(elsewhere, token))["is_valid"] is True
        assert (await alice.send("POST", "/logout")).status == 204
        assert [name for name, refused in (await refusals(elsewhere, token)).items() if not refused] == []


async def test_sessions_of_a_locked_person_end_at_once(broker: RunningBroker, alice: Browser, program: Browser) -> None:
    token = token_of(alice)
    user_id = told(await alice.get("/me"))["id"]
    await broker.application.broker.users.lock(user_id)
    assert [name for name, refused in (await refusals(program, token)).items() if not refused] == []


async def test_session_of_an_emulator_does_not_count_once_real_credentials_are_there(
    broker: RunningBroker, alice: Browser, program: Browser
) -> None:
    token = token_of(alice)
    real = {"client_id": "00000000-0000-4000-8000-000000000001", "secret": "a-secret-of-the-real-registration"}
    await broker.reload({"third_party.providers.microsoft": real})
    assert [name for name, refused in (await refusals(program, token)).items() if not refused] == []


async def test_session_ends_at_its_absolute_limit_however_much_it_is_used(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    changes = {"session.lifespan": "2h"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as alice,
        broker.browser() as program,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        for _ in range(7):
            now.advance(HOUR / 4)
            assert (await alice.get("/me")).status == 200
        now.advance(HOUR / 4 - 1)
        assert (await validated(program, token))["is_valid"] is True
        now.advance(1)
        assert [name for name, refused in (await refusals(program, token)).items() if not refused] == []


async def test_session_that_nobody_uses_falls_idle(tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock) -> None:
    changes = {"session.idle_timeout": "30m"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as alice,
        broker.browser() as program,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        for _ in range(4):
            now.advance(29 * 60)
            assert (await alice.get("/me")).status == 200
        now.advance(30 * 60)
        assert [name for name, refused in (await refusals(program, token)).items() if not refused] == []


async def test_idle_session_is_not_listed_among_the_others(
    tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    changes = {"session.idle_timeout": "30m"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as left_alone,
        broker.browser() as used,
    ):
        await left_alone.sign_in("alice")
        await used.sign_in("alice")
        now.advance(20 * 60)
        await used.get("/me")
        now.advance(20 * 60)
        assert [one["current"] for one in told(await used.get("/sessions"))] == [True]


@pytest.mark.parametrize(("asked", "valid_later"), [("GET", False), ("POST", True)])
async def test_validate_counts_as_use_by_post_and_not_by_get(
    asked: str, valid_later: bool, tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> None:
    changes = {"session.idle_timeout": "30m"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as broker,
        broker.browser() as alice,
        broker.browser() as program,
    ):
        await alice.sign_in("alice")
        token = token_of(alice)
        now.advance(20 * 60)
        if asked == "GET":
            answer = told(await program.send("GET", "/sessions/validate", headers=bearer(token)))
        else:
            answer = await validated(program, token)
        assert answer["is_valid"] is True
        now.advance(20 * 60)
        assert (await validated(program, token))["is_valid"] is valid_later
