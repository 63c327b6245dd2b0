"""The one door to time."""

import time

from broker.clock import Clock, FrozenClock, SystemClock


def test_the_machines_clock_tells_seconds_milliseconds_and_a_time_that_never_goes_back() -> None:
    clock: Clock = SystemClock()
    before, after = time.time(), clock.now_ms() / 1000
    assert before - 0.001 <= after <= time.time()
    assert int(before) <= clock.now() <= time.time()
    first = clock.monotonic()
    assert first <= clock.monotonic() <= time.monotonic()


def test_a_frozen_clock_moves_only_when_told_to() -> None:
    clock: Clock = FrozenClock(1_790_000_000)
    assert (clock.now(), clock.now_ms(), clock.monotonic()) == (1_790_000_000, 1_790_000_000_000, 1_790_000_000.0)
    assert isinstance(clock, FrozenClock)
    clock.advance(0.9996)
    assert (clock.now(), clock.now_ms()) == (1_790_000_000, 1_790_000_000_999)
    clock.advance(60)
    assert (clock.now(), clock.monotonic()) == (1_790_000_060, 1_790_000_060.999)
