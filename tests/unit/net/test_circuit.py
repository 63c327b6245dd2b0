import pytest

from broker.clock import FrozenClock
from broker.errors import UpstreamUnavailable
from broker.net.circuit import Circuit


def fail(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.check()
        circuit.failed()


def test_four_failures_in_a_row_change_nothing() -> None:
    circuit = Circuit(FrozenClock())
    fail(circuit, 4)
    circuit.check()


def test_five_failures_in_a_row_leave_the_provider_alone_for_fifteen_seconds() -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    fail(circuit, 5)
    with pytest.raises(UpstreamUnavailable) as caught:
        circuit.check()
    assert caught.value.retry_after == 15
    clock.advance(14.9)
    with pytest.raises(UpstreamUnavailable):
        circuit.check()
    clock.advance(0.2)
    circuit.check()


def test_an_answer_in_between_starts_the_count_again() -> None:
    circuit = Circuit(FrozenClock())
    fail(circuit, 4)
    circuit.succeeded()
    fail(circuit, 4)
    circuit.check()


def test_after_the_cool_down_one_request_probes_and_the_others_wait() -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    fail(circuit, 5)
    clock.advance(15)
    circuit.check()
    with pytest.raises(UpstreamUnavailable):
        circuit.check()
    circuit.succeeded()
    circuit.check()
    circuit.check()


def test_a_failed_probe_closes_for_another_fifteen_seconds() -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    fail(circuit, 5)
    clock.advance(15)
    circuit.check()
    circuit.failed()
    clock.advance(14)
    with pytest.raises(UpstreamUnavailable):
        circuit.check()


def test_a_probe_that_never_reports_does_not_keep_everybody_out_for_good() -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    fail(circuit, 5)
    clock.advance(15)
    circuit.check()
    clock.advance(15)
    circuit.check()


@pytest.mark.parametrize(("wish", "held"), [(None, 5), (0, 1), (1, 1), (60, 60), (3600, 3600), (999_999, 3600)])
def test_the_wish_to_wait_is_honoured_within_bounds(wish: int | None, held: int) -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    assert circuit.hold(wish) == held
    clock.advance(held - 0.5)
    with pytest.raises(UpstreamUnavailable):
        circuit.check()
    clock.advance(0.6)
    circuit.check()


def test_an_answer_that_was_under_way_does_not_shorten_the_wait_that_was_asked_for() -> None:
    clock = FrozenClock()
    circuit = Circuit(clock)
    circuit.check()
    circuit.hold(60)
    circuit.succeeded()
    clock.advance(59)
    with pytest.raises(UpstreamUnavailable) as caught:
        circuit.check()
    assert caught.value.retry_after == 1
    clock.advance(1.1)
    circuit.check()
