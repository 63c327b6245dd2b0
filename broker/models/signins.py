"""A sign-in: one attempt, from start to hand-off. Nothing of it is stored; it travels in a signed cookie."""

from dataclasses import dataclass, field
from typing import Literal

from broker.models.provider_ids import provider_name

Delivery = Literal["cookie", "token", "both"]
ResponseMode = Literal["query", "form_post"]
Interface = Literal["sso", "user_management"]
"""What an application began with: who is there just now, or a session of ours."""
Screen = Literal["sign-in", "sign-up"]
"""What our page greets people with: those who have been here, or those who are new."""


@dataclass(frozen=True, kw_only=True)
class AuthorizationOptions:
    """What one request adds to the authorization request, checked by whoever parsed it; `max_age` in seconds."""

    login_hint: str | None = None
    domain_hint: str | None = None
    prompt: str | None = None
    max_age: int | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ForApplication:
    """What a registered application asked for with its sign-in. `state` is its own and goes back to it as it came.

    `connection_id`, `organization_id`: by which connection, and for which organization. `returns_tokens`: the
    provider's own tokens go to it with the code.
    """

    client_id: str
    interface: Interface
    state: str | None = None
    connection_id: str | None = None
    organization_id: str | None = None
    returns_tokens: bool = False


@dataclass(frozen=True, kw_only=True)
class ChosenOnPage:
    """What our page is shown by again, when the sign-in that was begun on it has failed.

    `languages` is what the request asked for with `ui_locales`, `options` whatever it adds for any provider.
    """

    screen: Screen = "sign-in"
    languages: str | None = None
    options: AuthorizationOptions = field(default_factory=AuthorizationOptions)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What we must remember between start and callback.

    `registration` is the fingerprint of the registration that was asked (`providers/base`), so that a code is never
    sent to another one. `state` binds response to request; `secret_id` names the secret from which nonce and PKCE
    verifier are derived; `redirect_target` and `error_target` are canonical URLs that the allowlist admitted.
    `response_mode` is how the answer was asked for: it counts, whatever a reload says meanwhile. `carried` are the ids
    of the sessions that the browser had at the start, where the answer comes without its session cookie. `redeemer`:
    who alone may redeem the one-time code (a flow's id). `connect_to`: the id of the user who asked, signed in, that
    this identity be added to theirs; nobody is signed in then. `application`: whose places the targets are. `page`: the
    person chose the provider on our page, and comes back to it when the sign-in fails.
    """

    state: str
    provider: str
    registration: str = ""
    surface: str
    redirect_target: str
    error_target: str | None
    code_challenge: str | None
    max_age: int | None
    started_at: int
    secret_id: str
    response_mode: ResponseMode = "query"
    carried: tuple[str, ...] = ()
    redeemer: str | None = None
    connect_to: str | None = None
    application: ForApplication | None = None
    page: ChosenOnPage | None = None

    @property
    def wants_tokens(self) -> bool:
        """Whether the provider's own tokens go to the application."""
        return self.application is not None and self.application.returns_tokens

    @property
    def provider_name(self) -> str:
        """What people and figures call the provider: an organization's own connection has its provider's name."""
        return provider_name(self.provider)


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """What a provider needs to build the URL that the browser is sent to (OpenID Connect Core 3.1.2.1).

    `wants_tokens`: the provider's own tokens are wanted with the proof, one that renews them among them.
    """

    state: str
    nonce: str
    code_verifier: str
    options: AuthorizationOptions = field(default_factory=AuthorizationOptions)
    wants_tokens: bool = False


@dataclass(frozen=True, kw_only=True)
class CodeGrant:
    """A code that passed every check of the callback, with what must fit the ID token that it brings."""

    code: str
    nonce: str
    code_verifier: str
    max_age: int | None
    wants_tokens: bool = False
