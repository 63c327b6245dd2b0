"""The tries of one request: one answer, on either replica, for a minute, and for nobody who only resembles it."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import GrantRefused, InvalidRequest, RateLimited, StoreUnavailable
from broker.signin.repeats import REMEMBERED_SECONDS, Repeats
from broker.store.base import PATIENCE, Store
from tests.sessions.stage import OTHER_SECRET, SECRET
from tests.sessions.watched import WatchedStore
from tests.store.rows import NOW


class Exchange:
    """What is good once."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> bytes:
        self.done += 1
        if self.done > 1:
            raise GrantRefused("used")
        return b'{"access_token": "a-secret-of-somebody"}'


def repeats(store: Store, clock: FrozenClock | None = None, *, secret: str = SECRET) -> Repeats:
    return Repeats(store, SecretKeys([secret]), clock or FrozenClock(NOW))


async def test_a_second_try_is_told_what_the_first_was_on_either_replica(replicas: Sequence[Store]) -> None:
    exchange = Exchange()
    first = await repeats(replicas[0]).answered("client name body", exchange)
    for store in replicas:
        assert await repeats(store).answered("client name body", exchange) == first
    assert exchange.done == 3


@pytest.mark.parametrize("other", ["client name another body", "client another name body", "another name body", ""])
async def test_another_request_is_told_what_it_is_told(store: Store, other: str) -> None:
    exchange = Exchange()
    await repeats(store).answered("client name body", exchange)
    with pytest.raises(GrantRefused, match="used"):
        await repeats(store).answered(other, exchange)


async def test_after_a_minute_an_answer_is_forgotten(store: Store) -> None:
    clock, exchange = FrozenClock(NOW), Exchange()
    await repeats(store, clock).answered("request", exchange)
    clock.advance(REMEMBERED_SECONDS - 1)
    assert await repeats(store, clock).answered("request", exchange)
    clock.advance(1)
    with pytest.raises(GrantRefused, match="used"):
        await repeats(store, clock).answered("request", exchange)


async def test_a_second_try_while_the_first_runs_is_told_to_come_back(store: Store) -> None:
    going, gate = asyncio.Event(), asyncio.Event()

    async def slow() -> bytes:
        going.set()
        await gate.wait()
        return b"{}"

    one = repeats(store)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        first = group.create_task(one.answered("request", slow))
        await going.wait()
        with pytest.raises(RateLimited) as refused:
            await one.answered("request", slow)
        gate.set()
    assert refused.value.retry_after == 1
    assert first.result() == b"{}"
    assert await one.answered("request", slow) == b"{}"


async def test_a_try_that_failed_is_not_remembered_and_writes_nothing(store: Store) -> None:
    async def fails() -> bytes:
        raise InvalidRequest("code_verifier is missing")

    one = repeats(store)
    with pytest.raises(InvalidRequest):
        await one.answered("request", fails)
    async with store.read() as c:
        assert await c.fetch_all("SELECT * FROM remembered_answers") == []
    assert await one.answered("request", Exchange())


async def test_what_is_remembered_cannot_be_read_in_the_database(store: Store) -> None:
    await repeats(store).answered("client name code=very-secret", Exchange())
    async with store.read() as c:
        (row,) = await c.fetch_all("SELECT * FROM remembered_answers")
    shown = str([*row.values()])
    assert not [part for part in ("a-secret-of-somebody", "very-secret") if part in shown]


async def test_what_no_secret_opens_is_not_told(store: Store) -> None:
    exchange = Exchange()
    await repeats(store).answered("request", exchange)
    with pytest.raises(GrantRefused, match="used"):
        await repeats(store, secret=OTHER_SECRET).answered("request", exchange)


async def test_an_answer_that_cannot_be_remembered_is_given_all_the_same(store: Store) -> None:
    class Full(WatchedStore):
        def transaction(self, *, patience: float = PATIENCE) -> NoReturn:
            raise StoreUnavailable("the disk is full")

    assert await repeats(Full(store)).answered("request", Exchange())
