"""A session: being signed in on one browser. And the one-time code that hands one over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.signins import ForApplication


@dataclass(frozen=True, kw_only=True)
class AtProvider:
    """What the provider said of its own session when it proved the person: kept with ours, never asked for again.

    `session_id` is its `sid`, by which it may end ours; `logout_hint` spares the person a question when they sign out
    there; `claims` go into our session token as they are, because configuration asks for them.
    """

    session_id: str | None = None
    logout_hint: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


NOTHING_AT_PROVIDER = AtProvider()


@dataclass(frozen=True, kw_only=True)
class Session:
    """A row; its id is the `session_id` of the session token.

    `sign_in_hash` is the hash of the state of the sign-in that made it. `amr`: the methods that its token tells (RFC
    8176), empty where the face that handed it over tells none. `metadata` is not stored with it: what applications kept
    about the user when the session was made or handed over, where templates of claims ask for it or an application is
    told it. `client_id`, `organization_id`: of the application that it was made for, and of the organization that it
    acts in.
    """

    id: str
    user_id: str
    identity_id: str | None
    provider: str
    emulator: bool
    sign_in_hash: str | None
    created_at: int
    last_used_at: int
    expires_at: int
    user_agent: str | None
    ip_address: str | None
    at_provider: AtProvider = NOTHING_AT_PROVIDER
    amr: tuple[str, ...] = ()
    client_id: str | None = None
    organization_id: str | None = None
    metadata: UserMetadata = field(default=NO_METADATA, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class HandedTo:
    """For which application a code is, and what it gets with it; the browser is the one that signed in.

    `sealed_tokens`: the provider's own, until the code is redeemed or gone.
    """

    application: ForApplication
    redirect_target: str
    user_agent: str | None = None
    ip_address: str | None = None
    sealed_tokens: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class OneTimeCode:
    """What an application redeems for a session: once, within a minute. Only the hash is stored.

    `session_id` is set where the callback already made the session (delivery `both`). `failures` counts wrong PKCE
    verifiers. `redeemer` as in `SignIn`.
    """

    code_hash: str
    user_id: str
    identity_id: str
    provider: str
    emulator: bool
    sign_in_hash: str
    code_challenge: str | None
    session_id: str | None
    failures: int
    created_at: int
    expires_at: int
    at_provider: AtProvider = NOTHING_AT_PROVIDER
    redeemer: str | None = None
    handed_to: HandedTo | None = None
