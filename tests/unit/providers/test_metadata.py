import asyncio

import pytest

from broker.clock import FrozenClock
from broker.errors import UpstreamUnavailable
from broker.providers.metadata import FRESH_SECONDS, JITTER, RETRY_SECONDS, USABLE_SECONDS, Cached, _spread


class Source:
    """A document that is numbered by its fetches, or cannot be had."""

    def __init__(self) -> None:
        self.fetches = 0
        self.down = False

    async def fetch(self) -> int:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.down:
            raise UpstreamUnavailable("down")
        return self.fetches


def cached(source: Source, clock: FrozenClock, *, spread: float = 0.0) -> Cached[int]:
    return Cached(source.fetch, clock=clock, spread=lambda: spread)


@pytest.mark.parametrize(("spread", "fresh"), [(-1.0, 0.9), (0.0, 1.0), (1.0, 1.1)])
async def test_a_copy_is_fresh_for_an_hour_give_or_take_a_tenth(spread: float, fresh: float) -> None:
    source, clock = Source(), FrozenClock()
    document = cached(source, clock, spread=spread)
    assert await document.get() == 1
    clock.advance(FRESH_SECONDS * fresh - 1)
    assert await document.get() == 1
    clock.advance(2)
    assert await document.get() == 2


async def test_a_failed_fetch_is_not_repeated_at_once_while_a_copy_serves() -> None:
    source, clock = Source(), FrozenClock()
    document = cached(source, clock)
    await document.get()
    source.down = True
    clock.advance(FRESH_SECONDS + 1)
    assert [await document.get() for _ in range(3)] == [1, 1, 1]
    assert source.fetches == 2
    clock.advance(RETRY_SECONDS + 1)
    assert await document.get() == 1
    assert source.fetches == 3
    source.down = False
    clock.advance(RETRY_SECONDS + 1)
    assert await document.get() == 4


async def test_after_a_day_a_copy_serves_nobody() -> None:
    source, clock = Source(), FrozenClock()
    document = cached(source, clock)
    await document.get()
    source.down = True
    clock.advance(USABLE_SECONDS)
    with pytest.raises(UpstreamUnavailable):
        await document.get()


async def test_everybody_who_waits_gets_the_one_failure_and_the_next_tries_again() -> None:
    source, clock = Source(), FrozenClock()
    source.down = True
    document = cached(source, clock)
    results = await asyncio.gather(*(document.get() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, UpstreamUnavailable) for result in results)
    assert source.fetches == 1
    source.down = False
    assert await document.get() == 2


async def test_a_fetch_that_is_asked_for_replaces_the_copy_and_a_failed_one_keeps_it() -> None:
    source, clock = Source(), FrozenClock()
    document = cached(source, clock)
    await document.get()
    assert await document.refetch() == 2
    source.down = True
    with pytest.raises(UpstreamUnavailable):
        await document.refetch()
    assert await document.get() == 2


async def test_closing_ends_a_fetch_that_is_under_way() -> None:
    never = asyncio.Event()

    async def fetch() -> int:
        await never.wait()
        return 1

    document = Cached(fetch, clock=FrozenClock())
    waiting = asyncio.create_task(document.get())
    await asyncio.sleep(0)
    assert document.fetching
    await document.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_the_spread_stays_within_its_bounds() -> None:
    values = [_spread() for _ in range(1000)]
    assert -1 <= min(values) < -0.8
    assert 0.8 < max(values) <= 1 + 1e-9
    assert JITTER == 0.1
