"""What a provider lets us do in a person's name, as we keep it: the tokens sealed, and how the last request went."""

from dataclasses import dataclass, field
from typing import Final, Literal

Reason = Literal[
    "account_disabled",  # the account is disabled or gone
    "account_locked",  # the operator of this broker locked the user
    "consent_required",  # the person, or an administrator, has to allow what is asked for
    "grant_revoked",  # what was granted is withdrawn or has expired
    "interaction_required",  # the person has to sign in once more, for a further step
    "invalid_response",  # the answer does not hold, or is about somebody else
    "not_admitted",  # the organisation or this broker's configuration does not let the person in any more
    "not_kept",  # nothing was kept for this person, or nothing that can be renewed
    "provider_misconfigured",  # the registration or its credentials: the operator knows from the log
    "temporarily_unavailable",  # worth another try
]
"""Why there is no token now. Stable: applications decide by it."""

IS_OVER: Final[frozenset[str]] = frozenset({"account_disabled", "grant_revoked", "not_admitted"})
"""Reasons that speak of the person: sessions end by them where configured, and no token at all is handed out."""


@dataclass(frozen=True, kw_only=True)
class KeptGrant:
    """The tokens of one identity at rest, with what is needed of the identity to renew them.

    `renewable`: a refresh token is among them. `checked_at` is when the provider last said anything about the person,
    `failure` what it said instead of handing out tokens (a `Reason`), to be asked again from
    `retry_at` on. `lease` is held until `lease_until` by whoever is asking; `generation` grows with each answer.
    """

    identity_id: str
    user_id: str
    user_locked: bool
    provider: str
    subject_key: str
    subject: str
    provider_client_id: str
    emulator: bool
    sealed: str = field(repr=False)
    renewable: bool
    scopes: tuple[str, ...]
    access_expires_at: int
    checked_at: int
    failure: str | None
    retry_at: int
    lease_until: int
    generation: int


@dataclass(frozen=True, kw_only=True)
class RefreshGrant:
    """A refresh token with what its answer must fit: the same person, and no more than was granted."""

    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...]
    subject_key: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class FreshToken:
    """An access token that is handed out; `expires_at` in seconds since the epoch."""

    access_token: str = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: int
