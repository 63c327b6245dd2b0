"""Figures for Prometheus. Labels are few and from closed lists, so that nobody outside can grow the tables."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from broker.telemetry.workers import Board

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "-"})
"""Methods with a series of their own; `-` stands for that of a path which is none of ours."""
OTHER = "other"
_TOKEN_LABELS = ("provider", "step", "outcome")
_CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STORE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class Metrics:
    """The figures of one process, in a registry of its own; of several workers each tells those of all, by `board`."""

    def __init__(self, *, board: Board | None = None, worker: int = 0) -> None:
        self._board, self._worker = board, worker
        self.registry = CollectorRegistry()
        self.sign_ins = Counter(
            "broker_sign_ins",
            "Sign-ins that ended, by provider and outcome",
            ("provider", "outcome"),
            registry=self.registry,
        )
        self.starts = Counter("broker_sign_in_starts", "Sign-ins begun", ("provider",), registry=self.registry)
        self.sessions_issued = Counter(
            "broker_sessions_issued", "Sessions issued", ("provider",), registry=self.registry
        )
        told = "A provider's own tokens: read from us or renewed by it, and what came of it"
        self.provider_tokens = Counter("broker_provider_tokens", told, _TOKEN_LABELS, registry=self.registry)
        self.webhooks = Counter(
            "broker_webhook_attempts", "Attempts to tell webhooks, by outcome", ("outcome",), registry=self.registry
        )
        self.security_events = Counter(
            "broker_security_events", "What may be an attack, by kind", ("kind",), registry=self.registry
        )
        self.provider_calls = Histogram(
            "broker_provider_call_seconds",
            "Calls to providers",
            ("provider", "call", "outcome"),
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.store_calls = Histogram(
            "broker_store_seconds", "Blocks of database work", ("kind",), buckets=_STORE_BUCKETS, registry=self.registry
        )
        self.requests = Counter(
            "broker_requests", "Requests answered", ("route", "method", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "broker_request_seconds", "Time to answer", ("route",), buckets=_CALL_BUCKETS, registry=self.registry
        )
        self.reloads = Counter(
            "broker_config_reloads", "Reloads of the configuration", ("outcome",), registry=self.registry
        )
        self.credentials_expire = Gauge(
            "broker_provider_credential_expires_seconds",
            "When a credential for a provider expires, in seconds since the epoch",
            ("provider", "credential"),
            registry=self.registry,
        )
        self._store_calls: dict[str, Histogram] = {}
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.started_at = Gauge("broker_start_time_seconds", "When this process began", registry=self.registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count and time one request. `route` is one of ours, or `-`; whoever calls can make up nothing but a method.

        The series are kept at hand: looking one up by its labels costs more than everything else here.
        """
        key = (route, method if method in METHODS else OTHER, status)
        found = self._answered.get(key)
        if found is None:
            series = self.requests.labels(route, key[1], str(status)), self.request_seconds.labels(route)
            found = self._answered[key] = series
        found[0].inc()
        found[1].observe(seconds)

    def store_call(self, kind: str, seconds: float) -> None:
        """Time one block of database work: `read` or `transaction`."""
        found = self._store_calls.get(kind)
        if found is None:
            found = self._store_calls[kind] = self.store_calls.labels(kind)
        found.observe(seconds)

    @property
    def is_first(self) -> bool:
        """Whether this is the worker that speaks for all where once is enough."""
        return self._worker == 0

    def credentials(self, expiry: Mapping[tuple[str, str], int]) -> None:
        """When each credential expires, by provider and id; those that are gone are told of no longer."""
        self.credentials_expire.clear()
        for labels, at in expiry.items():
            self.credentials_expire.labels(*labels).set(at)

    def publish(self) -> None:
        """Let the other workers tell what this one has to say, until it speaks again."""
        if self._board is not None:
            self._board.tell(self._worker, generate_latest(self.registry))

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        if self._board is None:
            return generate_latest(self.registry)
        self.publish()
        return self._board.joined()
