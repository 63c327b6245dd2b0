"""Two brokers on one database, behind one name: a sign-in begun at one ends at the other, and ends once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer, token_of, whoami
from tests.observed import all_rows
from tests.peers.microsoft import MicrosoftPeer

_NAME = "http://localhost:8000"
"""What browsers call both; nothing listens there, each browser plays the proxy to one of them."""
_TARGET = "http://localhost:8888/"


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """Both, and one person's browser, whose cookies go to either."""

    first: RunningBroker
    second: RunningBroker
    browser: Browser

    async def at(self, replica: RunningBroker, url: str) -> Page:
        """Open a URL, and let the proxy choose this replica."""
        self.browser.reach = replica.reach
        return await self.browser.get(url)


@pytest.fixture
async def replicas(database_url: str, tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                running_broker(base_dir=tmp_path, emulator=emulator, database=database_url, public_url=_NAME)
            )
            for _ in range(2)
        ]
        yield Replicas(first=first, second=second, browser=await stack.enter_async_context(first.browser()))


async def test_sign_in_begun_at_one_ends_at_the_other(replicas: Replicas) -> None:
    url = await replicas.browser.at_callback("alice")
    assert (await replicas.at(replicas.second, url)).location == _TARGET
    assert await whoami(replicas.browser, {}) == 200
    replicas.browser.reach = replicas.first.reach
    assert await whoami(replicas.browser, bearer(token_of(replicas.browser))) == 200


async def test_one_callback_at_both_at_once_sends_its_code_once(replicas: Replicas, emulator: MicrosoftPeer) -> None:
    url = await replicas.browser.at_callback("alice")
    await emulator.fault("token", delay=0.2)
    brokers = [replicas.first, replicas.second] * 5
    pages = await asyncio.gather(*(replicas.at(broker, url) for broker in brokers))
    assert (await emulator.counters())["token"] == 1
    ended = {page.location for page in pages if page.query.get("error") is None}
    refused = {page.query["error"] for page in pages if page.query.get("error")}
    assert (ended, refused) == ({_TARGET}, {"already_used"})
    rows = await all_rows(replicas.first.application.broker.store)
    assert [rows[table].total() for table in ("users", "sessions", "consumed_states")] == [1, 1, 1]


async def test_two_codes_for_one_state_at_both_at_once_make_one_request(
    replicas: Replicas, emulator: MicrosoftPeer
) -> None:
    url = await replicas.browser.at_callback("alice")
    other = url.replace("code=", "code=another.")
    await asyncio.gather(replicas.at(replicas.first, url), replicas.at(replicas.second, other))
    assert (await emulator.counters())["token"] == 1


async def test_back_button_at_the_other_returns_to_the_target(replicas: Replicas, emulator: MicrosoftPeer) -> None:
    url = await replicas.browser.at_callback("alice")
    await replicas.at(replicas.first, url)
    page = await replicas.at(replicas.second, url)
    assert (page.location, page.set_cookies) == (_TARGET, ())
    assert (await emulator.counters())["token"] == 1


async def test_first_sign_ins_of_one_person_at_both_at_once_make_one_user(
    replicas: Replicas, emulator: MicrosoftPeer
) -> None:
    await emulator.fault("token", delay=0.1, times=8)

    async def sign_in(broker: RunningBroker) -> str | None:
        async with broker.browser() as browser:
            return (await browser.sign_in("alice")).location

    brokers = [replicas.first, replicas.second] * 4
    assert set(await asyncio.gather(*map(sign_in, brokers))) == {_TARGET}
    rows = await all_rows(replicas.first.application.broker.store)
    assert [rows[table].total() for table in ("users", "identities", "emails", "sessions")] == [1, 1, 1, 5]


@pytest.mark.postgres
async def test_sixty_four_sign_ins_at_once_all_end_with_five_connections(
    postgres_url: str, tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = {"database.pool": {"min": 1, "max": 5}, "session.limit": 100}

    async def sign_in(broker: RunningBroker, person: str) -> str | None:
        async with broker.browser() as browser:
            return (await browser.sign_in(person)).location

    async with running_broker(base_dir=tmp_path, emulator=emulator, database=postgres_url, changes=changes) as broker:
        people = ["alice", "bob", "carol", "ivan"] * 16
        ends = await asyncio.gather(*(sign_in(broker, person) for person in people))
        rows = await all_rows(broker.application.broker.store)
    assert set(ends) == {_TARGET}
    assert [rows[table].total() for table in ("users", "sessions")] == [4, 64]
