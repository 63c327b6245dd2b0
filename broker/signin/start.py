"""The first click: a sign-in is made, and the browser is told where to go. Nothing is stored.

State is 32 random bytes and nothing else, so the provider learns nothing from it. Nonce and PKCE verifier are derived
from it under a deployment secret whose id travels in the cookie: they need no storage, and a rotation of the secrets
between start and callback changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from broker.clock import Clock
from broker.crypto import SecretKeys, base64url, opaque_token
from broker.errors import BrokerError, BrowserMismatch, InvalidRequest
from broker.models.provider_ids import provider_name
from broker.models.signins import (
    AuthorizationOptions,
    AuthorizationRequest,
    ChosenOnPage,
    ForApplication,
    SignIn,
)
from broker.protocol import pkce
from broker.providers.base import Provider
from broker.signin.admission import Admission


@dataclass(frozen=True, kw_only=True)
class StartSignIn:
    """What somebody asks of us; neither provider nor targets have been admitted.

    `redeemer`, `connect_to`, `application` and `page` as in `SignIn`: only a ticket of ours brings them, or a face that
    has looked the application up, never a parameter. `fault` is what was wrong with the request as such: told where it
    wants its errors.
    """

    surface: str
    provider: str | None
    unverified_redirect_to: str | None
    unverified_error_redirect_to: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    options: AuthorizationOptions = field(default_factory=AuthorizationOptions)
    redeemer: str | None = None
    connect_to: str | None = None
    application: ForApplication | None = None
    page: ChosenOnPage | None = None
    fault: InvalidRequest | BrowserMismatch | None = None


@dataclass(frozen=True, kw_only=True)
class Started:
    """The sign-in to seal into its cookie, and the provider's URL for the browser."""

    sign_in: SignIn
    location: str


@dataclass(frozen=True, kw_only=True)
class NotStarted:
    """Why there is no sign-in; `error_target` is the admitted URL that is told, `None` for the configured one."""

    error: BrokerError
    provider: str | None
    error_target: str | None
    surface: str | None = None
    application: ForApplication | None = None


class OwnConnections(Protocol):
    """Finds the providers that are connections of organizations (`signin/connections`)."""

    async def find(self, provider_id: str) -> Provider | None:
        """The provider of this id, if it is one of them."""
        ...


@dataclass(frozen=True, kw_only=True)
class StartRules:
    """The operator's part: where a sign-in without target ends, and which scopes a request may add, by provider."""

    default_redirect_url: str | None
    extra_scopes: Mapping[str, frozenset[str]]


class SignInStart:
    """Begins sign-ins."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        admission: Admission,
        secrets: SecretKeys,
        clock: Clock,
        rules: StartRules,
        connections: OwnConnections,
    ) -> None:
        self._providers = providers
        self._connections = connections
        self._admission = admission
        self._secrets = secrets
        self._clock = clock
        self._rules = rules

    async def begin(self, intent: StartSignIn) -> Started | NotStarted:
        """Admit the request and build the authorization request."""
        error_target: str | None = None
        try:
            error_target = self._error_target(intent)
            if intent.fault is not None:
                raise intent.fault
            return await self._begin(intent, error_target)
        except BrokerError as error:
            return _not_started(error, intent, error_target, provider=self._known(intent.provider))

    def refused(self, intent: StartSignIn) -> NotStarted | None:
        """What is wrong with a request whose provider is yet to be chosen; `None` where a page may ask for it."""
        error_target: str | None = None
        try:
            error_target = self._error_target(intent)
            if intent.fault is not None:
                raise intent.fault
            self._redirect_target(intent)
            _code_challenge(intent)
        except BrokerError as error:
            return _not_started(error, intent, error_target, provider=None)
        return None

    async def _begin(self, intent: StartSignIn, error_target: str | None) -> Started:
        provider = await self._provider(intent)
        self._require_scopes(provider.id, intent.options)
        sign_in = SignIn(
            state=opaque_token(),
            provider=provider.id,
            registration=provider.registration,
            surface=intent.surface,
            redirect_target=self._redirect_target(intent),
            error_target=error_target,
            code_challenge=_code_challenge(intent),
            max_age=intent.options.max_age,
            started_at=self._clock.now(),
            secret_id=self._secrets.newest_id,
            response_mode=provider.response_mode,
            redeemer=intent.redeemer,
            connect_to=intent.connect_to,
            application=intent.application,
            page=intent.page,
        )
        location = await provider.authorization_url(
            AuthorizationRequest(
                state=sign_in.state,
                nonce=nonce_of(sign_in, self._secrets),
                code_verifier=verifier_of(sign_in, self._secrets),
                options=intent.options,
                wants_tokens=sign_in.wants_tokens,
            )
        )
        return Started(sign_in=sign_in, location=location)

    def _known(self, provider: str | None) -> str | None:
        name = None if provider is None else provider_name(provider)
        return name if name in self._providers else None

    async def _provider(self, intent: StartSignIn) -> Provider:
        if intent.provider is None:
            raise InvalidRequest("provider is a required field")
        found = self._providers.get(intent.provider)
        # An organization's own connection is for sign-ins that end in the organization: it lets others in than we do.
        if found is None and intent.application is not None and intent.application.organization_id is not None:
            found = await self._connections.find(intent.provider)
        if found is None:
            raise InvalidRequest("the provider is unknown or not enabled")
        return found

    def _redirect_target(self, intent: StartSignIn) -> str:
        unverified = intent.unverified_redirect_to or self._rules.default_redirect_url
        if unverified is None:
            raise InvalidRequest("redirect_to is a required field")
        return self._admission.admit(unverified, intent.application)

    def _error_target(self, intent: StartSignIn) -> str | None:
        unverified = intent.unverified_error_redirect_to
        return None if unverified is None else self._admission.admit(unverified, intent.application)

    def _require_scopes(self, provider: str, options: AuthorizationOptions) -> None:
        """Anybody can craft a link; without this list it could ask a person to consent to mail access for us."""
        if not set(options.scopes) <= self._rules.extra_scopes.get(provider_name(provider), frozenset()):
            raise InvalidRequest("provider_scopes holds a scope that extra_scopes_allowed does not")


def _not_started(
    error: BrokerError, intent: StartSignIn, error_target: str | None, *, provider: str | None
) -> NotStarted:
    return NotStarted(
        error=error,
        provider=provider,
        error_target=error_target,
        surface=intent.surface,
        application=intent.application,
    )


def _code_challenge(intent: StartSignIn) -> str | None:
    """RFC 7636 with S256 only; a challenge without method would mean `plain` (section 4.3)."""
    if intent.code_challenge is None and intent.code_challenge_method is None:
        return None
    if intent.code_challenge is None or intent.code_challenge_method != "S256":
        raise InvalidRequest("code_challenge comes with code_challenge_method=S256, and neither without the other")
    if not pkce.is_challenge(intent.code_challenge):
        raise InvalidRequest("code_challenge must be 43 characters of base64url")
    return intent.code_challenge


def nonce_of(sign_in: SignIn, secrets: SecretKeys) -> str:
    """The nonce of this sign-in. Raises `KeyError` when its secret is no longer configured."""
    message = f"nonce\0{sign_in.provider}\0{sign_in.state}".encode()
    return base64url(secrets.mac("sign-in", message, sign_in.secret_id))


def verifier_of(sign_in: SignIn, secrets: SecretKeys) -> str:
    """The PKCE verifier of this sign-in: 43 characters (RFC 7636 section 4.1). Raises `KeyError` like `nonce_of`."""
    message = f"pkce\0{sign_in.provider}\0{sign_in.state}".encode()
    return base64url(secrets.mac("sign-in", message, sign_in.secret_id))
