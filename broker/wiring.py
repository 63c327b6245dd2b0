"""Config + Store → Broker → ASGI apps: how one configuration is put together. Here, and in `broker/app`, all meets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.types import ASGIApp

from broker.config.sections.config import Config
from broker.crypto import SecretKeys
from broker.deployment import Deployment
from broker.errors import ConfigError, ConfigMistake
from broker.events.listening import ListenedStore
from broker.events.webhooks.webhooks import Webhooks
from broker.foundation import allowlist_of, default_target, return_allowlist_of, secret_keys
from broker.providers.base import Provider
from broker.providers.registry import Providers
from broker.registering import registered_urls
from broker.sessions.keyring import Keyring
from broker.sessions.rotation import Rotation
from broker.settings import (
    Places,
    logo_of,
    places_of,
    session_cookie,
    token_origins,
    web_rules,
)
from broker.signin.redirects import OriginAllowlist
from broker.telemetry.logging import get_logger
from broker.telling import told_of
from broker.upstreams import Upstreams, upstreams_of
from broker.use_cases import use_cases_of
from broker.web.broker import PLAIN, Broker, UseCases
from broker.web.cookies import LastProviderCookie, SignInCookies
from broker.web.hanko.flow.surface import SURFACE as HANKO
from broker.web.hanko.returning import FlowReturning
from broker.web.plain.returning import PlainReturning
from broker.web.sign_outs import SignOutStates
from broker.web.signed import SignedValues
from broker.web.stack import admin_app, public_app
from broker.web.tickets import Tickets
from broker.web.workos.returning import SURFACE as WORKOS
from broker.web.workos.returning import ApplicationReturning


@dataclass(frozen=True, kw_only=True)
class Built:
    """One configuration, ready to serve."""

    config: Config
    broker: Broker
    providers: Providers
    replaced: tuple[Provider, ...]
    public: ASGIApp
    admin: ASGIApp


async def build(
    config: Config, deployment: Deployment, *, before: Providers | None = None, former: Sequence[Provider] = ()
) -> Built:
    """Everything of this configuration around what is open already; keys are made if there are none.

    `before` are the providers in force until now, of which unchanged ones are kept; `former` those that earlier
    reloads replaced and whose sign-ins may be under way. Raises `ConfigError`, `SealBroken`, `StoreUnavailable`.
    """
    _check(config)
    secrets = await secret_keys(config, deployment.store, base_dir=deployment.base_dir)
    rotation = Rotation(deployment.store, secrets, deployment.clock, algorithm=config.session.jwt.algorithm)
    keyring = Keyring(deployment.store, secrets, deployment.clock)
    keyring.adopt(await rotation.ensure())
    webhooks = await _webhooks(config, deployment, keyring, secrets)
    deployment = replace(deployment, store=ListenedStore(deployment.store, webhooks.outbox))
    upstreams = _upstreams(config, deployment, before)
    providers = upstreams.providers
    kept = set(map(id, providers.values()))
    replaced = tuple(provider for provider in (before or {}).values() if id(provider) not in kept)
    places = places_of(config)
    use_cases = use_cases_of(
        config, deployment, secrets=secrets, keyring=keyring, upstreams=upstreams, webhooks=webhooks, places=places
    )
    if config.workos.enabled:
        await use_cases.organizing.connections.require_openable()
    broker = _broker(
        config,
        deployment,
        use_cases,
        secrets=secrets,
        former=(*replaced, *former),
        providers=providers,
        places=places,
    )
    for warning in broker.return_allowlist.warnings():
        get_logger().warning("redirect allowlist", detail=warning)
    return Built(
        config=config,
        broker=broker,
        providers=providers,
        replaced=replaced,
        public=public_app(broker, windows=deployment.windows),
        admin=admin_app(broker),
    )


def _upstreams(config: Config, deployment: Deployment, before: Providers | None) -> Upstreams:
    return upstreams_of(
        config,
        store=deployment.store,
        clock=deployment.clock,
        metrics=deployment.metrics,
        pool=deployment.pool,
        before=before,
    )


def _check(config: Config) -> None:
    """A file was checked by `PARTS` when it was loaded; a configuration made in code is checked here."""
    OriginAllowlist(config.server.public.cors.allow_origins)
    allowlist_of(config)
    complaints = (*default_target(config), *registered_urls(config))
    mistakes = [ConfigMistake(key=found.key, message=found.message) for found in complaints]
    if mistakes:
        raise ConfigError(mistakes)


async def _webhooks(config: Config, deployment: Deployment, keyring: Keyring, secrets: SecretKeys) -> Webhooks:
    """What is known of the hooks is read here, so that a sign-in need not. Raises `SealBroken` for one's secret."""
    told = deployment.metrics.webhooks
    webhooks = told_of(
        config,
        deployment.store,
        deployment.clock,
        keyring=keyring,
        secrets=secrets,
        on_outcome=lambda outcome: told.labels(outcome).inc(),
    )
    for hook in await webhooks.hooks.refresh():
        if hook.sealed_secret is not None:
            webhooks.secrets.of(hook)
    return webhooks


def _broker(
    config: Config,
    deployment: Deployment,
    use_cases: UseCases,
    *,
    secrets: SecretKeys,
    providers: Providers,
    former: Sequence[Provider],
    places: Places,
) -> Broker:
    clock = deployment.clock
    return Broker(
        **vars(use_cases),
        rules=web_rules(config),
        clock=clock,
        store=deployment.store,
        metrics=deployment.metrics,
        providers=providers,
        former_providers=tuple(former),
        allowlist=places.allowlist,
        admission=places.admission,
        applications=places.applications,
        return_allowlist=return_allowlist_of(config),
        cors_origins=OriginAllowlist(config.server.public.cors.allow_origins),
        token_origins=token_origins(config),
        sign_in_cookies=SignInCookies(secrets, clock, secure=config.service.is_https),
        session_cookie=session_cookie(config),
        logo=logo_of(config),
        last_provider_cookie=LastProviderCookie(secure=config.service.is_https),
        tickets=Tickets(secrets, clock),
        wrong_keys=deployment.wrong_keys,
        sign_out_states=SignOutStates(secrets, clock),
        signed=SignedValues(secrets, clock),
        returnings={PLAIN: PlainReturning(), HANKO: FlowReturning(), WORKOS: ApplicationReturning()},
    )
