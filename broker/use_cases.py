"""What can be done here, each put together from the parts of one configuration; `broker/wiring` adds the web."""

from broker.accounts.accounts import Accounts, accounts_of
from broker.accounts.api_keys import ApiKeys
from broker.accounts.connecting import Connecting
from broker.accounts.joining import Joining
from broker.accounts.organizing import organizing_of
from broker.accounts.users import Users
from broker.clock import Clock
from broker.config.sections.config import Config
from broker.crypto import SecretKeys
from broker.deployment import Deployment
from broker.events.reading import AuditLog
from broker.events.webhooks.webhooks import Webhooks
from broker.grants.grants import Grants, grants_of
from broker.grants.vault import Vault
from broker.models.identities import Identity
from broker.providers.registry import Providers
from broker.sessions.application_sessions import ApplicationSessions
from broker.sessions.keyring import Keyring
from broker.sessions.lifecycle import Sessions
from broker.sessions.provider_logout import ProviderLogout
from broker.sessions.refreshing import RefreshTokens
from broker.settings import Places, sessions_of, start_of
from broker.signin.arrival import Arrival
from broker.signin.complete import Completion
from broker.signin.connections import Connections
from broker.signin.exchange import Exchange
from broker.signin.handoff import HandOff
from broker.signin.on_behalf import OnBehalf
from broker.signin.registrations import Registrations
from broker.signin.repeats import Repeats
from broker.store.base import Store
from broker.telemetry.provider_tokens import TokenWatch
from broker.upstreams import Upstreams
from broker.web.broker import ApplicationUseCases, UseCases


def use_cases_of(
    config: Config,
    deployment: Deployment,
    *,
    secrets: SecretKeys,
    keyring: Keyring,
    upstreams: Upstreams,
    webhooks: Webhooks,
    places: Places,
) -> UseCases:
    """All of them, around what is open already."""
    store, clock, providers = deployment.store, deployment.clock, upstreams.providers
    connections = Connections(store, secrets, upstreams.connections)
    organizing = organizing_of(store, clock, secrets=secrets, complaints=upstreams.connections.complaints)
    sessions = sessions_of(config, store, clock, keyring=keyring, providers=providers)
    grants = _grants(deployment, secrets=secrets, providers=providers)
    hand_off = HandOff(store, sessions, grants.vault, clock)
    accounts = _accounts(config, store, clock, providers)
    of_applications = _of_applications(store, clock, secrets, sessions, places, grants.vault)
    return UseCases(
        **vars(of_applications),
        start=start_of(
            config, clock, secrets=secrets, providers=providers, connections=connections, admission=places.admission
        ),
        connections=connections,
        organizing=organizing,
        completion=_completion(
            config,
            deployment,
            secrets,
            places,
            sessions=sessions,
            hand_off=hand_off,
            connecting=accounts.connecting,
            joining=organizing.joining,
            vault=grants.vault,
        ),
        hand_off=hand_off,
        on_behalf=OnBehalf(store, sessions, clock),
        audit_log=AuditLog(store, mask=config.audit_log.mask),
        sessions=sessions,
        provider_logout=ProviderLogout(store, clock),
        grants=grants,
        users=Users(store, clock),
        accounts=accounts,
        api_keys=ApiKeys(store, clock),
        keyring=keyring,
        webhooks=webhooks,
    )


def _of_applications(
    store: Store, clock: Clock, secrets: SecretKeys, sessions: Sessions, places: Places, vault: Vault
) -> ApplicationUseCases:
    refresh_tokens = RefreshTokens(store, sessions, secrets, clock)
    return ApplicationUseCases(
        exchange=Exchange(store, sessions, refresh_tokens, vault, clock),
        application_sessions=ApplicationSessions(store, clock),
        refresh_tokens=refresh_tokens,
        repeats=Repeats(store, secrets, clock),
        registrations=Registrations(store, clock, places.applications),
    )


def _completion(
    config: Config,
    deployment: Deployment,
    secrets: SecretKeys,
    places: Places,
    *,
    sessions: Sessions,
    hand_off: HandOff,
    connecting: Connecting,
    joining: Joining,
    vault: Vault,
) -> Completion:
    arrival = Arrival(
        store=deployment.store,
        sessions=sessions,
        hand_off=hand_off,
        connecting=connecting,
        joining=joining,
        vault=vault,
        clock=deployment.clock,
        delivery=config.session.delivery,
        allow_signup=config.account.allow_signup,
    )
    return Completion(
        store=deployment.store,
        sessions=sessions,
        arrival=arrival,
        admission=places.admission,
        secrets=secrets,
        clock=deployment.clock,
        under_way=deployment.under_way,
    )


def _accounts(config: Config, store: Store, clock: Clock, providers: Providers) -> Accounts:
    def is_usable(identity: Identity) -> bool:
        provider = providers.get(identity.provider)
        return provider is not None and provider.emulator == identity.emulator

    return accounts_of(store, clock, allow_deletion=config.account.allow_deletion, is_usable=is_usable)


def _grants(deployment: Deployment, *, secrets: SecretKeys, providers: Providers) -> Grants:
    watch = TokenWatch(deployment.metrics, known=providers)
    return grants_of(
        providers,
        store=deployment.store,
        secrets=secrets,
        clock=deployment.clock,
        on_renewal=watch.renewal,
        on_read=watch.read,
    )
