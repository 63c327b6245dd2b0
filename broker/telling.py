"""Who is told what, of the configuration: the faces that tell, the hooks they tell it to, and what does the telling."""

from collections.abc import Callable, Iterator, Mapping

from broker.clock import Clock
from broker.config.sections.config import Config
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
        spell={HANKO: hanko.message},
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
        complaint_about=poster.complaint_about,
    )


def _configured(config: Config) -> Iterator[Webhook]:
    for hook in config.webhooks.hooks:
        yield _hook(hook.callback, hook.events, face=HANKO, name=hook.callback)


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


def _configured_secrets(_config: Config) -> Mapping[str, Callable[[], str]]:
    return {}


def _terms(_config: Config, _secrets: HookSecrets | None) -> Mapping[str, HookTerms]:
    return {HANKO: HookTerms()}


def _names(_config: Config) -> Mapping[str, Names]:
    return {HANKO: hanko_names}


def _keeps(_config: Config) -> Mapping[str, int]:
    return {}
