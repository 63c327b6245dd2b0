"""Series of requests: as many as we have routes, however strange what people send."""

from broker.telemetry.metrics import Metrics


def series(metrics: Metrics) -> set[str]:
    """The labels of every series of requests."""
    return {
        line.partition("{")[2].partition("}")[0]
        for line in metrics.render().decode().splitlines()
        if line.startswith("broker_requests_total{")
    }


def test_methods_that_nobody_uses_share_one_series() -> None:
    metrics = Metrics()
    for method in ("GET", "BREW", "get", "PROPFIND", *(f"M{number}" for number in range(100))):
        metrics.answered("/me", method, 405, 0.001)
    assert series(metrics) == {
        'method="GET",route="/me",status="405"',
        'method="other",route="/me",status="405"',
    }


def test_every_request_is_counted_and_timed_whether_its_series_is_new_or_not() -> None:
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.answered("/me", "GET", status, 0.25)
    written = metrics.render().decode()
    assert 'broker_requests_total{method="GET",route="/me",status="200"} 2.0' in written
    assert 'broker_requests_total{method="GET",route="/me",status="404"} 1.0' in written
    assert 'broker_request_seconds_count{route="/me"} 3.0' in written
    assert 'broker_request_seconds_sum{route="/me"} 0.75' in written
