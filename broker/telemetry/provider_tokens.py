"""What is told of a provider's own tokens: a figure each time, and a line where something went wrong. Never a token."""

from collections.abc import Container

from broker.telemetry.logging import get_logger
from broker.telemetry.metrics import Metrics

_BETWEEN_PROVIDER_AND_PERSON = frozenset(
    {"account_disabled", "consent_required", "grant_revoked", "interaction_required", "not_admitted"}
)
"""Nothing that an operator has to mend."""


class TokenWatch:
    """Hears of renewals and of requests; `known` are the ids of providers, for whose figures there is a series."""

    def __init__(self, metrics: Metrics, *, known: Container[str]) -> None:
        self._metrics = metrics
        self._known = known

    def renewal(
        self, *, provider: str, outcome: str, identity_id: str, detail: str = "", security: str | None = None
    ) -> None:
        """A provider was asked for fresh tokens; `detail` may hold its text."""
        self._metrics.provider_tokens.labels(provider, "renewal", outcome).inc()
        if security is not None:
            self._metrics.security_events.labels(security).inc()
            get_logger().warning("security", kind=security, identity_id=identity_id)
        if outcome != "renewed":
            tell = get_logger().info if outcome in _BETWEEN_PROVIDER_AND_PERSON else get_logger().warning
            tell(
                "a provider renewed no tokens",
                provider=provider,
                reason=outcome,
                identity_id=identity_id,
                detail=detail,
            )

    def read(self, provider: str, outcome: str) -> None:
        """Somebody asked us for a token."""
        series = provider if provider in self._known else "unknown"
        self._metrics.provider_tokens.labels(series, "read", outcome).inc()
