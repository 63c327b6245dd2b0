"""Who is told what, of the configuration: the faces that tell, the hooks they tell it to, and what does the telling."""

from collections.abc import Callable, Iterator, Mapping

from broker.clock import Clock
from broker.config.sections.config import Config
from broker.config.sections.workos import ApplicationSection
from broker.crypto import SecretKeys, named_id
from broker.events.webhooks.hook_secrets import HookSecrets
from broker.events.webhooks.hooks import Hooks, HookTerms
from broker.events.webhooks.outbox import Outbox
from broker.events.webhooks.webhooks import Webhooks, webhooks_of
from broker.models.webhooks import Names, Subscription, Webhook
from broker.net.poster import Poster
from broker.sessions.keyring import Keyring
from broker.store.base import Store
from broker.web.hanko.flow.surface import SURFACE as HANKO
from broker.web.hanko.webhook_names import names as hanko_names
from broker.web.hanko.webhooks import HankoWebhooks
from broker.web.workos.returning import SURFACE as WORKOS
from broker.web.workos.webhook_names import EVERYTHING, KEPT_SECONDS
from broker.web.workos.webhook_names import names as workos_names
from broker.web.workos.webhooks import SignedWebhooks


def told_of(
    config: Config,
    store: Store,
    clock: Clock,
    *,
    keyring: Keyring,
    secrets: SecretKeys,
    on_outcome: Callable[[str], None],
) -> Webhooks:
    """Everything about webhooks of this configuration."""
    poster = Poster(networks=config.webhook_networks)
    hook_secrets = HookSecrets(secrets, configured=_configured_secrets(config))
    hanko = HankoWebhooks(keyring.sign, clock, audience=config.session_audience)
    return webhooks_of(
        store,
        clock,
        hooks=_hooks(config, store, clock, poster, terms=_terms(config, hook_secrets)),
        secrets=hook_secrets,
        names=_names(config),
        spell={HANKO: hanko.message, WORKOS: SignedWebhooks(clock, secret_of=hook_secrets.of).message},
        keeps=_keeps(config),
        network=poster,
        on_outcome=on_outcome,
    )


def hooks_of(config: Config, store: Store, clock: Clock) -> Hooks:
    """Who is told, for a command that looks."""
    poster = Poster(networks=config.webhook_networks)
    return _hooks(config, store, clock, poster, terms=_terms(config, None))


def outbox_of(config: Config, store: Store, clock: Clock) -> Outbox:
    """What writes down who is to be told, for a command that changes something; a server does the telling."""
    hooks = hooks_of(config, store, clock)
    return Outbox(hooks, clock, names=_names(config), keeps=_keeps(config), wake=lambda: None)


def _hooks(config: Config, store: Store, clock: Clock, poster: Poster, *, terms: Mapping[str, HookTerms]) -> Hooks:
    return Hooks(
        store,
        clock,
        configured=tuple(_configured(config)),
        face=HANKO,
        terms=terms,
        complaint_about=poster.targets.complaint_about,
    )


def _configured(config: Config) -> Iterator[Webhook]:
    for hook in config.webhooks.hooks:
        yield _hook(hook.callback, hook.events, face=HANKO, name=hook.callback)
    for application, url in _application_hooks(config):
        yield _hook(url, (EVERYTHING,), face=WORKOS, name=_name(application, url))


def _hook(callback: str, events: tuple[str, ...], *, face: str, name: str) -> Webhook:
    return Webhook(
        id=named_id(name),
        callback=callback,
        events=tuple(Subscription(id=named_id(f"{name} {event}"), event=event) for event in events),
        enabled=True,
        failures=0,
        expires_at=None,
        created_at=0,
        updated_at=0,
        face=face,
        configured=True,
    )


def _configured_secrets(config: Config) -> Mapping[str, Callable[[], str]]:
    found: dict[str, Callable[[], str]] = {}
    for application, url in _application_hooks(config):
        assert application.webhook_secret is not None  # noqa: S101 - the section demands it where there are URLs
        found[named_id(_name(application, url))] = application.webhook_secret.reveal
    return found


def _application_hooks(config: Config) -> Iterator[tuple[ApplicationSection, str]]:
    for application in config.workos.applications if config.workos.enabled else ():
        for url in application.webhook_urls:
            yield application, url


def _name(application: ApplicationSection, url: str) -> str:
    """Two applications may be told at one URL: each by its own secret."""
    return f"{application.client_id} {url}"


def _terms(config: Config, secrets: HookSecrets | None) -> Mapping[str, HookTerms]:
    of_applications = HookTerms(
        lasts_seconds=None, new_secret=None if secrets is None else secrets.fresh, once_per_url=True
    )
    return {HANKO: HookTerms(), **({WORKOS: of_applications} if config.workos.enabled else {})}


def _names(config: Config) -> Mapping[str, Names]:
    return {HANKO: hanko_names, **({WORKOS: workos_names} if config.workos.enabled else {})}


def _keeps(config: Config) -> Mapping[str, int]:
    return {WORKOS: KEPT_SECONDS} if config.workos.enabled else {}
