"""Several workers' figures in one answer, as Prometheus reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from broker.telemetry.metrics import Metrics
from broker.telemetry.workers import ROOM, Board


def samples(figures: bytes, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(figures.decode())
        for sample in family.samples
        if sample.name == name
    }


def test_whoever_is_asked_answers_for_all_with_a_label_for_each() -> None:
    board = Board(3)
    first, second = Metrics(board=board, worker=0), Metrics(board=board, worker=1)
    first.started_at.set(1)
    first.sign_ins.labels("microsoft", "signed_in").inc(2)
    second.sign_ins.labels("microsoft", "signed_in").inc(3)
    second.publish()
    figures = first.render()
    labels = (("outcome", "signed_in"), ("provider", "microsoft"))
    assert samples(figures, "broker_sign_ins_total") == {
        (*labels, ("worker", "0")): 2.0,
        (*labels, ("worker", "1")): 3.0,
    }
    assert samples(figures, "broker_start_time_seconds") == {(("worker", "0"),): 1.0, (("worker", "1"),): 0.0}
    heads = [line for line in figures.decode().splitlines() if line.startswith("#")]
    assert len(heads) == len(set(heads))


def test_no_counter_goes_back_whoever_is_asked() -> None:
    board = Board(2)
    workers = [Metrics(board=board, worker=number) for number in range(2)]
    seen = 0.0
    for asked in (0, 1, 0, 0, 1):
        workers[0].starts.labels("microsoft").inc()
        figures = workers[asked].render()
        now = samples(figures, "broker_sign_in_starts_total").get((("provider", "microsoft"), ("worker", "0")), 0.0)
        assert now >= seen
        seen = now
    assert seen == 4.0, "what came since its last word is told when it speaks again"


def test_figures_of_a_worker_that_was_killed_amid_writing_are_left_out() -> None:
    board = Board(2)
    other = Metrics(board=board, worker=1)
    other.publish()
    board._memory[ROOM + 20] ^= 1  # what a kill would do, at a moment that no test can choose
    figures = Metrics(board=board, worker=0).render()
    assert b'worker="0"' in figures
    assert b'worker="1"' not in figures
    other.publish()
    assert b'worker="1"' in Metrics(board=board, worker=0).render()


def test_more_than_there_is_room_for_is_no_answer_rather_than_half_of_one() -> None:
    with pytest.raises(ValueError, match="bytes of figures"):
        Board(1).tell(0, bytes(ROOM))


def test_one_worker_alone_has_no_label() -> None:
    metrics = Metrics()
    metrics.publish()
    assert b"worker" not in metrics.render()
