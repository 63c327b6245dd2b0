"""The figures: one registry for each process's broker, labels from closed lists, text that Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from broker.telemetry.metrics import CONTENT_TYPE, Metrics


def families(metrics: Metrics) -> dict[str, str]:
    return {family.name: family.type for family in text_string_to_metric_families(metrics.render().decode())}


def test_every_figure_that_operators_are_promised_is_there_from_the_start() -> None:
    assert families(Metrics()) == {
        "broker_sign_ins": "counter",
        "broker_sign_in_starts": "counter",
        "broker_sessions_issued": "counter",
        "broker_security_events": "counter",
        "broker_webhook_attempts": "counter",
        "broker_provider_call_seconds": "histogram",
        "broker_store_seconds": "histogram",
        "broker_requests": "counter",
        "broker_request_seconds": "histogram",
        "broker_config_reloads": "counter",
        "broker_start_time_seconds": "gauge",
        "broker_provider_credential_expires_seconds": "gauge",
        "broker_provider_tokens": "counter",
    }


def test_two_brokers_in_one_process_do_not_share_figures() -> None:
    one, other = Metrics(), Metrics()
    one.sign_ins.labels("microsoft", "signed_in").inc()
    assert b'broker_sign_ins_total{outcome="signed_in",provider="microsoft"} 1.0' in one.render()
    assert b"broker_sign_ins_total{" not in other.render()


def test_content_type_is_the_text_format_of_prometheus() -> None:
    assert CONTENT_TYPE.startswith("text/plain; version=")
