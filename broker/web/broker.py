"""What a handler is given: the use cases and rules of one configuration, put together by `broker/app`.

A reload builds a new one and swaps a reference; a request finishes with the one that it began with.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.accounts.accounts import Accounts
from broker.accounts.api_keys import ApiKeys
from broker.accounts.organizing import Organizing
from broker.accounts.users import Users
from broker.clock import Clock
from broker.events.reading import AuditLog
from broker.events.webhooks.webhooks import Webhooks
from broker.grants.grants import Grants
from broker.models.pictures import Picture
from broker.models.signins import Delivery, SignIn
from broker.providers.base import Provider
from broker.sessions.application_sessions import ApplicationSessions
from broker.sessions.keyring import Keyring
from broker.sessions.lifecycle import Sessions
from broker.sessions.provider_logout import ProviderLogout
from broker.sessions.refreshing import RefreshTokens
from broker.signin.admission import Admission
from broker.signin.applications import Applications
from broker.signin.complete import Completion
from broker.signin.connections import Connections
from broker.signin.exchange import Exchange
from broker.signin.handoff import HandOff
from broker.signin.on_behalf import OnBehalf
from broker.signin.redirects import Allowlist, OriginAllowlist
from broker.signin.registrations import Registrations
from broker.signin.repeats import Repeats
from broker.signin.start import SignInStart
from broker.store.base import Store
from broker.telemetry.metrics import Metrics
from broker.web.cookies import LastProviderCookie, SessionCookie, SignInCookies
from broker.web.returning import Returning
from broker.web.sign_outs import SignOutStates
from broker.web.signed import SignedValues
from broker.web.tickets import Tickets
from broker.web.wrong_keys import WrongKeys

PLAIN = "plain"
"""The face that speaks for everybody who is no other face's."""


@dataclass(frozen=True, kw_only=True)
class WebRules:
    """What the configuration says about how we speak HTTP.

    `hosts` are the `Host` values we answer to; `public_origin` is how browsers see us; `request_limits` are requests
    a minute and address, by bucket. `log_addresses`: the client's address stands in the request's line.
    `faces_the_world`: people reach us from elsewhere than this machine.
    """

    service_name: str
    public_origin: str
    hosts: frozenset[str]
    error_redirect_url: str | None
    errors_to_redirect_target: bool
    delivery: Delivery
    auth_token_header: bool
    trusted_proxies: tuple[str, ...]
    request_limits: Mapping[str, int]
    admin_hosts: frozenset[str]
    uses_emulator: bool
    faces_the_world: bool
    log_addresses: bool = False
    remember_client_address: bool = True
    speaks_hanko: bool = True
    speaks_workos: bool = False
    allow_signup: bool = True


@dataclass(frozen=True, kw_only=True)
class ApplicationUseCases:
    """What registered applications do."""

    exchange: Exchange
    application_sessions: ApplicationSessions
    refresh_tokens: RefreshTokens
    repeats: Repeats
    registrations: Registrations


@dataclass(frozen=True, kw_only=True)
class UseCases(ApplicationUseCases):
    """What can be done here."""

    start: SignInStart
    connections: Connections
    organizing: Organizing
    completion: Completion
    hand_off: HandOff
    on_behalf: OnBehalf
    audit_log: AuditLog
    sessions: Sessions
    provider_logout: ProviderLogout
    grants: Grants
    users: Users
    accounts: Accounts
    api_keys: ApiKeys
    keyring: Keyring
    webhooks: Webhooks


@dataclass(frozen=True, kw_only=True)
class Broker(UseCases):
    """Everything below the web, ready to use.

    `token_origins`: the providers whose own tokens a session may read, and by scripts of which origins.
    """

    rules: WebRules
    clock: Clock
    store: Store
    metrics: Metrics
    providers: Mapping[str, Provider]
    former_providers: tuple[Provider, ...]
    allowlist: Allowlist
    admission: Admission
    applications: Applications
    return_allowlist: Allowlist
    cors_origins: OriginAllowlist
    token_origins: Mapping[str, OriginAllowlist]
    sign_in_cookies: SignInCookies
    session_cookie: SessionCookie
    logo: Picture | None
    last_provider_cookie: LastProviderCookie
    tickets: Tickets
    wrong_keys: WrongKeys
    sign_out_states: SignOutStates
    signed: SignedValues
    returnings: Mapping[str, Returning]

    def returning_to(self, sign_in: SignIn | str | None) -> Returning:
        """How the face that began this sign-in (itself, or the face's name) spells its end."""
        surface = sign_in.surface if isinstance(sign_in, SignIn) else sign_in
        return self.returnings.get(surface or PLAIN, self.returnings[PLAIN])

    @property
    def display_names(self) -> Mapping[str, str]:
        """What people call each provider, by its id."""
        return {provider.id: provider.display_name for provider in self.providers.values()}
