"""The copy of the broker's keys: fetched seldom, kept while the broker is down, dropped in the end."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from broker.demo.keys import BrokerKeys, BrokerUnreachable
from tests.demo.fake_broker import FakeBroker, new_key

JWKS = "/.well-known/jwks.json"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(broker: FakeBroker, clock: Clock) -> AsyncIterator[BrokerKeys]:
    async with aiohttp.ClientSession() as http:
        yield BrokerKeys(http=http, url=broker.url + JWKS, clock=clock)


async def test_many_at_once_fetch_once(broker: FakeBroker, keys: BrokerKeys) -> None:
    found = await asyncio.gather(*(keys.find("first") for _ in range(20)))
    assert all(key is not None for key in found)
    assert broker.asked[JWKS] == 1


async def test_invented_kids_cost_one_fetch_a_minute(broker: FakeBroker, keys: BrokerKeys, clock: Clock) -> None:
    await keys.find("first")
    for number in range(10):
        assert await keys.find(f"invented-{number}") is None
    assert broker.asked[JWKS] == 1
    clock.now += 61
    for number in range(10):
        assert await keys.find(f"invented-{number}") is None
    assert broker.asked[JWKS] == 2


async def test_key_that_is_new_is_found_after_a_minute(broker: FakeBroker, keys: BrokerKeys, clock: Clock) -> None:
    await keys.find("first")
    broker.published.append(new_key("second"))
    assert await keys.find("second") is None
    clock.now += 61
    assert await keys.find("second") is not None


async def test_key_that_was_withdrawn_is_forgotten_after_five_minutes(
    broker: FakeBroker, keys: BrokerKeys, clock: Clock
) -> None:
    await keys.find("first")
    broker.published.clear()
    assert await keys.find("first") is not None
    clock.now += 301
    assert await keys.find("first") is None


async def test_copy_serves_while_the_broker_is_down_but_not_for_ever(
    broker: FakeBroker, keys: BrokerKeys, clock: Clock
) -> None:
    await keys.find("first")
    broker.down = True
    clock.now += 301
    assert await keys.find("first") is not None
    clock.now += 3600
    with pytest.raises(BrokerUnreachable):
        await keys.find("first")


async def test_broker_that_was_down_at_first_is_asked_again_after_seconds(
    broker: FakeBroker, keys: BrokerKeys, clock: Clock
) -> None:
    broker.down = True
    for _ in range(3):
        with pytest.raises(BrokerUnreachable):
            await keys.find("first")
    assert broker.asked[JWKS] == 1
    broker.down = False
    clock.now += 6
    assert await keys.find("first") is not None


@pytest.mark.parametrize(("passed", "asked_for"), [(61, "invented"), (301, "first")])
async def test_nobody_whose_key_is_known_waits_for_a_broker_that_hangs(
    broker: FakeBroker, keys: BrokerKeys, clock: Clock, passed: float, asked_for: str
) -> None:
    await keys.find("first")
    broker.gate = asyncio.Event()
    clock.now += passed
    fetching = asyncio.create_task(keys.find(asked_for))
    await broker.waiting.wait()
    async with asyncio.timeout(1):
        assert await keys.find("first") is not None
    assert not fetching.done()
    broker.gate.set()
    await fetching


async def test_after_a_fetch_that_took_long_and_failed_the_broker_is_left_alone_for_seconds(
    broker: FakeBroker, keys: BrokerKeys, clock: Clock
) -> None:
    await keys.find("first")
    broker.down, broker.gate = True, asyncio.Event()
    clock.now += 301
    fetching = asyncio.create_task(keys.find("first"))
    await broker.waiting.wait()
    clock.now += 5
    broker.gate.set()
    await fetching
    assert await keys.find("first") is not None
    assert broker.asked[JWKS] == 2


@pytest.mark.parametrize("change", [{"kty": "oct", "k": "c2VjcmV0"}, {"use": "enc"}, {"kid": 7}, {"n": "!"}])
async def test_entry_that_is_no_signature_key_is_not_used(
    broker: FakeBroker, keys: BrokerKeys, change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {**broker.key.public_jwk(), **change}
    monkeypatch.setattr(broker.key, "public_jwk", lambda: entry)
    try:
        assert await keys.find("first") is None
    except BrokerUnreachable:
        assert change == {"n": "!"}  # a set that cannot be read as a whole is no set
