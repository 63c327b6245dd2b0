"""Hanko's built-in providers as custom providers of ours: those that speak OpenID Connect."""

from collections.abc import Callable, Mapping
from typing import Any

PROVIDERS: Mapping[str, Mapping[str, Any]] = {
    "google": {
        "display_name": "Google",
        "issuer": "https://accounts.google.com",
        "scopes": ["openid", "email", "profile"],
    },
    "linkedin": {
        "display_name": "LinkedIn",
        "issuer": "https://www.linkedin.com/oauth",
        "scopes": ["openid", "profile", "email"],
    },
}
UNSUPPORTED: Mapping[str, str] = {
    "apple": "is not taken over: its secret is a token that ages, and its answer comes as a form",
    "discord": "is not taken over: it speaks no OpenID Connect; try a custom provider with its three endpoints",
    "facebook": "is not taken over: it speaks no OpenID Connect, and asks for a proof with each call",
    "github": "is not taken over: it speaks no OpenID Connect, and tells addresses by a call of their own",
}
"""Each with what stands in the way."""


def custom_provider(name: str, section: Mapping[str, Any], secret: Callable[[str], str]) -> dict[str, Any]:
    """The custom provider that stands in for a built-in one; `secret` makes a place for a secret."""
    made: dict[str, Any] = {
        "enabled": section.get("enabled", False),
        **PROVIDERS[name],
        "client_id": section.get("client_id"),
        "secret": secret(f"{name.upper()}_SECRET"),
        "use_discovery": True,
    }
    if section.get("prompt"):
        made["prompt"] = section["prompt"]
    return made
