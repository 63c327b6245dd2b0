"""Webhooks: who is told of what, what happened, and how far the telling is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from broker.models.events import AuditEntry

DeliveryState = Literal["waiting", "delivered", "given_up"]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """An event that a hook wants, as its face calls it: everything whose name begins so."""

    id: str
    event: str


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Somebody's endpoint. `failures` are events in a row that it never took; it ends at `expires_at` unless used.

    `configured`: it stands in the configuration, has no row and never ends. `face` spells what it is told, and signs it
    with what is sealed in `sealed_secret` where it signs by a secret.
    """

    id: str
    callback: str = field(repr=False)
    events: tuple[Subscription, ...]
    enabled: bool
    failures: int
    expires_at: int | None
    created_at: int
    updated_at: int
    face: str
    configured: bool = False
    sealed_secret: str | None = field(default=None, repr=False)

    def wants(self, name: str) -> bool:
        """Whether it is subscribed to the event of this name."""
        return any(name.startswith(each.event) for each in self.events)


@dataclass(frozen=True, kw_only=True)
class OutboxEvent:
    """What happened, ready to be told. `seq` is 0 until it is stored; `content` holds no face's spelling.

    `user_id` is whom it is about, and so whose other events it is told in one order with; an organization's id where it
    is about nobody. `kept_until`: so long it can be read as one of a list, whoever is told it.
    """

    id: str
    face: str
    name: str
    type: str
    occurred_at: int
    user_id: str
    content: Mapping[str, Any] = field(repr=False)
    organization_id: str | None = None
    kept_until: int = 0
    seq: int = 0


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An event on its way to a hook. `next_at`: not before; `status`, `failure`: what came of the last attempt."""

    hook_id: str
    event: OutboxEvent
    state: DeliveryState
    attempts: int
    next_at: int
    status: int | None
    failure: str | None
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is posted to a hook."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What a hook answered; `retry_after` in seconds, if it said when to come back."""

    status: int
    retry_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Called:
    """What a face calls an event. `with_user`: its telling shows the user, who is then kept with it.

    `once`: of several entries of one transaction that are called so about somebody, it tells the first alone: what it
    shows is how the transaction left them.
    """

    name: str
    with_user: bool = True
    once: bool = False


Names = Callable[[AuditEntry], Sequence[Called]]
"""What a face calls an entry, in the order in which it is told; nothing for what is nobody's business."""
Spell = Callable[[OutboxEvent, Webhook], Message]
"""An event as a face tells it to a hook now: signed at delivery, for keys change and signatures expire."""


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What is asked for, by at least one name. Times are seconds: from `begins_at` on, before `ends_at`."""

    face: str
    names: Sequence[str]
    organization_id: str | None = None
    begins_at: int | None = None
    ends_at: int | None = None
