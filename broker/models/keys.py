"""Keys: those that sign our tokens, and those that open the admin API."""

from dataclasses import dataclass
from typing import Literal, get_args

KeyState = Literal["next", "current", "retired"]
Scope = Literal[
    "users:read",
    "users:write",
    "sessions:read",
    "sessions:write",
    "audit:read",
    "webhooks:read",
    "webhooks:write",
    "provider_tokens:read",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key of the admin API may be made for."""


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A signing key as it rests: `kid` an RFC 7638 thumbprint, `public_jwk` JSON, `sealed_private` a sealed PEM."""

    kid: str
    algorithm: str
    state: KeyState
    public_jwk: str
    sealed_private: str
    created_at: int
    activated_at: int | None
    retired_at: int | None


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key for the admin API. The key itself is shown once and stored as `key_hash`. Without `scopes` it opens all."""

    id: str
    name: str
    key_hash: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    scopes: tuple[Scope, ...] | None = None

    def opens(self, scope: Scope) -> bool:
        """Whether the key was made for this."""
        return self.scopes is None or scope in self.scopes
