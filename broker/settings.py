"""What each part is given of the configuration: from the sections of `config.yaml` to the parts' own rules."""

from collections.abc import Mapping

from broker.clock import Clock
from broker.config.sections.config import Config
from broker.crypto import SecretKeys, named_id
from broker.events.webhooks.hooks import Hooks
from broker.foundation import allowlist_of
from broker.models.webhooks import Subscription, Webhook
from broker.net.poster import Poster
from broker.providers.base import Provider
from broker.sessions.keyring import Keyring
from broker.sessions.lifecycle import Limits, Sessions
from broker.sessions.templates.claims import ClaimTemplates
from broker.sessions.token import TokenRules
from broker.signin.redirects import OriginAllowlist
from broker.signin.start import SignInStart, StartRules
from broker.store.base import Store
from broker.telemetry.logging import get_logger
from broker.web.broker import WebRules
from broker.web.cookies import SessionCookie
from broker.web.hanko.flow.surface import SURFACE as HANKO


def token_origins(config: Config) -> Mapping[str, OriginAllowlist]:
    """Whose scripts may read which provider's tokens by a session."""
    microsoft = config.third_party.providers.microsoft
    if not (microsoft.enabled and microsoft.return_provider_tokens and microsoft.provider_tokens.by_session):
        return {}
    return {"microsoft": OriginAllowlist(microsoft.provider_tokens.origins)}


REQUESTS_OF_A_FLOW = 4
"""Start, capabilities, provider, exchange: so many sign-ins by a flow count as one start of a sign-in by a link."""


def _left_out(claim: str, why: str) -> None:
    get_logger().warning("a claim of jwt_template was left out of a session token", claim=claim, detail=why)


def sessions_of(
    config: Config, store: Store, clock: Clock, *, keyring: Keyring, providers: Mapping[str, Provider]
) -> Sessions:
    """The sessions of this configuration."""
    return Sessions(
        store,
        keyring,
        clock,
        rules=TokenRules(
            issuer=config.session_issuer,
            audience=config.session_audience,
            most_bytes=session_cookie(config).room,
            templates=ClaimTemplates(config.session.jwt_template.claims, told=_left_out),
        ),
        limits=Limits(
            lifespan=config.session.lifespan,
            idle_timeout=config.session.idle_timeout,
            most_per_user=config.session.limit,
        ),
        is_emulator_admitted=lambda name: name in providers and providers[name].emulator,
    )


def start_of(config: Config, clock: Clock, *, secrets: SecretKeys, providers: Mapping[str, Provider]) -> SignInStart:
    """What begins sign-ins."""
    microsoft = config.third_party.providers.microsoft
    rules = StartRules(
        default_redirect_url=config.third_party.default_redirect_url,
        extra_scopes={"microsoft": frozenset(microsoft.extra_scopes_allowed)},
    )
    return SignInStart(providers=providers, allowlist=allowlist_of(config), secrets=secrets, clock=clock, rules=rules)


def session_cookie(config: Config) -> SessionCookie:
    """How the session's cookie is written."""
    cookie = config.session.cookie
    return SessionCookie(
        name=cookie.name,
        domain=cookie.domain,
        secure=cookie.secure and config.service.is_https,
        http_only=cookie.http_only,
        same_site=cookie.same_site,
        lifespan=config.session.lifespan if cookie.retention == "persistent" else None,
        asked_lifespan=config.session.lifespan if cookie.retention == "prompt" else None,
    )


def web_rules(config: Config) -> WebRules:
    """How we speak HTTP."""
    return WebRules(
        service_name=config.service.name,
        public_origin=config.service.public_url,
        hosts=frozenset({config.service.split.host.lower(), *(host.lower() for host in config.server.hosts)}),
        error_redirect_url=config.third_party.error_redirect_url,
        errors_to_redirect_target=config.third_party.errors_to == "redirect_to",
        delivery=config.session.delivery,
        auth_token_header=config.session.enable_auth_token_header,
        trusted_proxies=config.server.trusted_proxies,
        request_limits=_request_limits(config),
        admin_hosts=_admin_hosts(config),
        uses_emulator=config.emulator_stands_in,
        faces_the_world=not config.service.is_loopback,
        log_addresses=config.log.addresses,
        speaks_hanko=config.hanko.enabled,
        allow_signup=config.account.allow_signup,
    )


def _admin_hosts(config: Config) -> frozenset[str]:
    """What the operator lists, and the name that the admin address is configured by, where it is a name."""
    admin = config.server.admin
    return frozenset(host.lower() for host in (*admin.hosts, admin.address.host)) - {"", "0.0.0.0", "::"}  # noqa: S104


def _request_limits(config: Config) -> Mapping[str, int]:
    limiter = config.rate_limiter
    if not limiter.enabled:
        return {}
    rates = {"starts": limiter.starts, "callbacks": limiter.callbacks, "tokens": limiter.tokens}
    limits = {bucket: max(1, rate.count * 60 // rate.seconds) for bucket, rate in rates.items()}
    return {**limits, "flows": limits["starts"] * REQUESTS_OF_A_FLOW}


def poster_of(config: Config) -> Poster:
    """What asks webhooks."""
    return Poster(networks=config.webhook_networks)


def hooks_of(config: Config, store: Store, clock: Clock, poster: Poster) -> Hooks:
    """Who is told of what."""
    configured = tuple(
        Webhook(
            id=named_id(hook.callback),
            callback=hook.callback,
            events=tuple(Subscription(id=named_id(f"{hook.callback} {event}"), event=event) for event in hook.events),
            enabled=True,
            failures=0,
            expires_at=None,
            created_at=0,
            updated_at=0,
            face=HANKO,
            configured=True,
        )
        for hook in config.webhooks.hooks
    )
    return Hooks(store, clock, configured=configured, face=HANKO, complaint_about=poster.complaint_about)
