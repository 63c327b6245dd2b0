"""Fifty tabs that renew the same token at once, on two brokers with one database where there can be two."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import jwt
import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import CLIENT_ID, authorize_url, served, signed_in
from tests.contract.workos.sessions import OF_THE_PAGE, begun, claims_of, error_of, renewed, told
from tests.peers.microsoft import MicrosoftPeer

TABS = 50
_NAME = "http://localhost:8000"
"""What browsers call both brokers; nothing listens there."""


@pytest.fixture
async def replicas(
    database_url: str, tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock
) -> AsyncIterator[Sequence[RunningBroker]]:
    """Two on PostgreSQL; a file of SQLite is for one alone."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                running_broker(
                    base_dir=tmp_path,
                    emulator=emulator,
                    database=database_url,
                    public_url=_NAME,
                    changes=served(),
                    clock=now,
                )
            )
            for _ in range(1 if database_url.startswith("sqlite") else 2)
        ]


@pytest.fixture
async def tabs(replicas: Sequence[RunningBroker]) -> AsyncIterator[Sequence[Browser]]:
    """One for each replica in turn: programs and pages alike, since the token is in the body."""
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(replica.browser()) for replica in replicas]
        yield [browsers[tab % len(browsers)] for tab in range(TABS)]


@pytest.mark.parametrize("by", ["program", "page"])
async def test_fifty_tabs_renew_one_token_at_once_and_the_session_lives(
    tabs: Sequence[Browser], by: str, emulator: MicrosoftPeer
) -> None:
    headers = OF_THE_PAGE if by == "page" else None
    first = await begun(tabs[0], headers)
    async with asyncio.timeout(60):
        pages = await asyncio.gather(*(renewed(tab, first["refresh_token"], headers) for tab in tabs))
    answers = [told(page) for page in pages]

    (second,) = {answer["refresh_token"] for answer in answers}
    assert len({answer["access_token"] for answer in answers}) == TABS
    keys = jwt.PyJWKSet.from_dict(told(await tabs[-1].get("/.well-known/jwks.json")))
    for answer in answers:
        claims = claims_of(answer)
        key = keys[jwt.get_unverified_header(answer["access_token"])["kid"]]
        assert jwt.decode(answer["access_token"], key, ["RS256"], audience=CLIENT_ID) == claims
        assert claims["sid"] == claims_of(first)["sid"]
    for tab in tabs[:2]:
        second = told(await renewed(tab, second, headers))["refresh_token"]


async def test_copy_that_comes_a_minute_later_ends_the_session_on_every_replica(
    tabs: Sequence[Browser], now: FrozenClock
) -> None:
    first = (await begun(tabs[0]))["refresh_token"]
    second = told(await renewed(tabs[1], first))["refresh_token"]
    now.advance(60)
    async with asyncio.timeout(60):
        pages = await asyncio.gather(*(renewed(tab, first) for tab in tabs[:10]))

    assert {error_of(page) for page in pages} == {(400, "invalid_grant")}
    for tab in tabs[:2]:
        assert error_of(await renewed(tab, second)) == (400, "invalid_grant")
    page = await tabs[0].get(authorize_url(login_hint=None))
    assert page.status == 302
    assert page.location is not None
    assert "error" not in page.location
    assert (await signed_in(tabs[0])).query.keys() == {"code", "state"}
