"""What was changed in the recorded configuration before a start that is refused, or is not; `None`: cannot be here."""

from collections.abc import Callable, Mapping
from typing import Any

Change = Callable[[dict[str, Any]], None]


def _set(key: str, value: Any) -> Change:
    def change(tree: dict[str, Any]) -> None:
        *path, last = key.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value

    return change


def _without(key: str) -> Change:
    def change(tree: dict[str, Any]) -> None:
        *path, last = key.split(".")
        node = tree
        for step in path:
            node = node[step]
        node.pop(last, None)

    return change


_PROVIDERS = "third_party.custom_providers"
_ALLOWED = "third_party.allowed_redirect_urls"

STARTS: Mapping[str, Change | None] = {
    "secret of 15 characters": _set("secrets.keys", ["x" * 15]),
    "secrets.keys: []": _set("secrets.keys", []),
    "another secret than the key rows need": None,
    "no redirect_url": _without("third_party.redirect_url"),
    "no error_redirect_url": _without("third_party.error_redirect_url"),
    "error_redirect_url with a trailing slash": _set(
        "third_party.error_redirect_url", "https://error.example.com/oops/"
    ),
    "allowed_redirect_urls: []": _set(_ALLOWED, []),
    "an allowed URL with a trailing slash": _set(_ALLOWED, ["https://app.example.com/"]),
    "an allowed URL that is no glob": _set(_ALLOWED, ["https://app.example.com/["]),
    "microsoft without secret": _set("third_party.providers.microsoft", {"enabled": True, "client_id": "ms-client"}),
    "microsoft without client id": _set("third_party.providers.microsoft", {"enabled": True, "secret": "ms-secret"}),
    "custom provider without display_name": _without(f"{_PROVIDERS}.entra.display_name"),
    "custom provider without scopes": _without(f"{_PROVIDERS}.entra.scopes"),
    "discovery without issuer": _without(f"{_PROVIDERS}.entra.issuer"),
    "no discovery, an endpoint missing": _without(f"{_PROVIDERS}.fixed.userinfo_endpoint"),
    "session.lifespan: x": _set("session.lifespan", "x"),
    "session.cookie.same_site: bogus": _set("session.cookie", {"same_site": "bogus"}),
    "session.cookie.retention: bogus": _set("session.cookie", {"retention": "bogus"}),
    "session.idle_timeout: x": _set("session.idle_timeout", "x"),
    "CORS * without the unsafe switch": _set("server.public.cors.allow_origins", ["*"]),
    "unknown key": _set("unknown", 1),
    "rate_limiter.store: x": _set("rate_limiter.store", "x"),
}
