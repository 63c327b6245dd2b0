"""Everything about webhooks that a face and the command line are given, put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker.clock import Clock
from broker.events.kept import KeptEvents
from broker.events.webhooks.deliveries import Deliveries
from broker.events.webhooks.hook_secrets import HookSecrets
from broker.events.webhooks.hooks import Hooks
from broker.events.webhooks.outbox import Outbox
from broker.events.webhooks.worker import Post, Worker
from broker.models.webhooks import Names, Spell
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """Who is told, what is to be told, and who tells; and what can be read without being told."""

    hooks: Hooks
    secrets: HookSecrets
    kept: KeptEvents
    deliveries: Deliveries
    outbox: Outbox
    worker: Worker


def webhooks_of(
    store: Store,
    clock: Clock,
    *,
    hooks: Hooks,
    secrets: HookSecrets,
    names: Mapping[str, Names],
    spell: Mapping[str, Spell],
    keeps: Mapping[str, int],
    network: Post,
    on_outcome: Callable[[str], None],
) -> Webhooks:
    """The webhooks of one configuration. `names`, `spell` and `keeps` (seconds) are the faces', by their names."""
    worker = Worker(store, hooks, clock, spell=spell, network=network, on_outcome=on_outcome)
    return Webhooks(
        hooks=hooks,
        secrets=secrets,
        kept=KeptEvents(store, clock),
        deliveries=Deliveries(store, hooks, clock, wake=worker.wake),
        outbox=Outbox(hooks, clock, names=names, keeps=keeps, wake=worker.wake),
        worker=worker,
    )
