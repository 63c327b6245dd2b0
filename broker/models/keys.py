"""Keys: those that sign our tokens, and those that open the admin API."""

from dataclasses import dataclass
from typing import Literal

KeyState = Literal["next", "current", "retired"]


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
    """A key for the admin API. The key itself is shown once and stored as `key_hash`."""

    id: str
    name: str
    key_hash: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
