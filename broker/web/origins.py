"""Whose scripts may call which path: the operator's list, a provider's, or the lists of registered applications."""

from typing import Final, Protocol

from broker.web.broker import Broker

PROVIDER_TOKENS: Final = "/provider-tokens/"
OF_APPLICATIONS: Final = frozenset({"/user_management/authenticate", "/sso/token"})
"""A preflight does not say which application; the handler asks again, about the one that the body names."""


class Origins(Protocol):
    """A list of origins."""

    def admits(self, unverified_origin: str) -> bool:
        """Whether an `Origin` header is on the list."""
        ...


class _Applications:
    def __init__(self, broker: Broker) -> None:
        self._applications = broker.applications

    def admits(self, unverified_origin: str) -> bool:
        return self._applications.admits_any_origin(unverified_origin)


def origins_for(path: str, broker: Broker) -> Origins | None:
    """Whose scripts may read what is at this path, and send there what changes something."""
    if path.startswith(PROVIDER_TOKENS):
        return broker.token_origins.get(path.removeprefix(PROVIDER_TOKENS))
    if path in OF_APPLICATIONS and broker.rules.speaks_workos:
        return _Applications(broker)
    return broker.cors_origins


def key_for(path: str) -> str:
    """Where an operator lists them."""
    if path.startswith(PROVIDER_TOKENS):
        return "provider_tokens.origins of the provider"
    if path in OF_APPLICATIONS:
        return "allowed_origins of the application"
    return "server.public.cors.allow_origins"
