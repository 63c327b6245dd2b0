"""What each part is given of the configuration: from the sections of `config.yaml` to the parts' own rules."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from broker.clock import Clock
from broker.config.sections.config import Config
from broker.config.sections.workos import ApplicationSection, hash_of
from broker.crypto import SecretKeys
from broker.errors import ConfigError, ConfigMistake
from broker.foundation import allowlist_of
from broker.models.applications import Application
from broker.models.pictures import MOST_PICTURE_BYTES, Picture, media_type_of
from broker.providers.base import Provider
from broker.sessions.keyring import Keyring
from broker.sessions.lifecycle import Limits, Sessions
from broker.sessions.templates.claims import ClaimTemplates
from broker.sessions.token import TokenRules
from broker.signin.admission import Admission
from broker.signin.applications import Applications
from broker.signin.connections import Connections
from broker.signin.redirects import Allowlist, OriginAllowlist
from broker.signin.start import SignInStart, StartRules
from broker.store.base import Store
from broker.telemetry.logging import get_logger
from broker.web.broker import WebRules
from broker.web.cookies import SessionCookie


def token_origins(config: Config) -> Mapping[str, OriginAllowlist]:
    """Whose scripts may read which provider's tokens by a session."""
    microsoft = config.third_party.providers.microsoft
    if not (microsoft.enabled and microsoft.return_provider_tokens and microsoft.provider_tokens.by_session):
        return {}
    return {"microsoft": OriginAllowlist(microsoft.provider_tokens.origins)}


REQUESTS_OF_A_FLOW = 4
"""Start, capabilities, provider, exchange: so many sign-ins by a flow count as one start of a sign-in by a link."""


PEOPLE_OF_A_BACKEND = 10
"""An application's backend redeems and renews for all its people from one address."""


def _left_out(claim: str, why: str) -> None:
    get_logger().warning("a claim of jwt_template was left out of a session token", claim=claim, detail=why)


def sessions_of(
    config: Config, store: Store, clock: Clock, *, keyring: Keyring, providers: Mapping[str, Provider]
) -> Sessions:
    """The sessions of this configuration. Raises `ConfigError` where the keys that there are do not serve it."""
    _require_rsa(config, keyring)
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


def _require_rsa(config: Config, keyring: Keyring) -> None:
    """Better no start than tokens that no SDK verifies: what `applications_read_rsa` says of keys yet to be made."""
    others = keyring.algorithms - {"RS256"}
    if config.workos.enabled and others:
        message = f"the signing keys of this database are {', '.join(sorted(others))}, and SDKs verify RS256 only"
        hint = "leave it false, set session.jwt.algorithm: RS256, and `broker keys rotate` twice"
        raise ConfigError([ConfigMistake(key="workos.enabled", message=message, hint=hint)])


def start_of(
    config: Config,
    clock: Clock,
    *,
    secrets: SecretKeys,
    providers: Mapping[str, Provider],
    connections: Connections,
    admission: Admission,
) -> SignInStart:
    """What begins sign-ins."""
    microsoft = config.third_party.providers.microsoft
    rules = StartRules(
        default_redirect_url=config.third_party.default_redirect_url,
        # What every sign-in asks for anyway may be named, too.
        extra_scopes={"microsoft": frozenset((*microsoft.scopes, *microsoft.extra_scopes_allowed))},
    )
    return SignInStart(
        providers=providers,
        admission=admission,
        secrets=secrets,
        clock=clock,
        rules=rules,
        connections=connections,
    )


def logo_of(config: Config) -> Picture | None:
    """The picture beside our name. Raises `ConfigError` where its file went, or changed, since the configuration was
    read.
    """
    path = config.service.logo
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([ConfigMistake(key="service.logo", message="the file cannot be read")]) from error
    media_type = media_type_of(content)
    if media_type is None or len(content) > MOST_PICTURE_BYTES:
        raise ConfigError([ConfigMistake(key="service.logo", message="is no picture that we show")])
    return Picture(content=content, media_type=media_type, name=hashlib.sha256(content).hexdigest()[:16])


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
        speaks_workos=config.workos.enabled,
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
    return {
        **limits,
        "flows": limits["starts"] * REQUESTS_OF_A_FLOW,
        "exchanges": limits["tokens"] * PEOPLE_OF_A_BACKEND,
    }


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where sign-ins may end."""

    allowlist: Allowlist
    applications: Applications
    admission: Admission


def places_of(config: Config) -> Places:
    """Where they may end under this configuration. Raises `ConfigError`."""
    allowlist, applications = allowlist_of(config), applications_of(config)
    return Places(allowlist=allowlist, applications=applications, admission=Admission(allowlist, applications))


def applications_of(config: Config) -> Applications:
    """The registered applications, while their face is served. Raises `ConfigError`."""
    section = config.workos
    return Applications(
        [_application(each) for each in section.applications] if section.enabled else [],
        production=config.service.is_production,
        own_origin=config.service.split.origin,
    )


def _application(section: ApplicationSection) -> Application:
    return Application(
        name=section.name,
        client_id=section.client_id,
        api_key_hashes=frozenset(hash_of(key.reveal()) for key in section.api_keys),
        redirect_uris=section.redirect_uris,
        default_redirect_uri=section.default_redirect_uri,
        sign_out_redirects=section.sign_out_redirects,
        allowed_origins=section.allowed_origins,
        cookie_domain=section.cookie_domain,
        sign_in_url=section.sign_in_url,
        homepage_url=section.homepage_url,
        return_provider_tokens=section.return_provider_tokens,
        refresh_lifespan=section.refresh_lifespan,
        access_lifespan=section.access_lifespan,
    )
