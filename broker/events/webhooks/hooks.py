"""Who is told of what: the hooks of the configuration, and those that are made, changed and removed by a face's API.

What its own API makes each face has to itself; an operator looks at all of them (`any`, `all`).

What is known of them is at most a second old, and what this process changed it knows at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import Conflict, InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import UNNAMED, By
from broker.models.lists import Part, Seek
from broker.models.webhooks import Subscription, Webhook
from broker.store import outbox
from broker.store import webhooks as rows
from broker.store.base import Connection, Store

KNOWN_SECONDS = 1.0
LIFETIME_SECONDS = 30 * 86_400
MOST_HOOKS = 100
"""Of one face: each costs every sign-in that it wants to hear of a row."""


@dataclass(frozen=True, kw_only=True)
class HookChange:
    """What a hook shall be; `events` are names that its face knows. `None` leaves what is there."""

    callback: str | None = field(default=None, repr=False)
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class HookTerms:
    """What hooks of a face are made with. `lasts_seconds`: beyond the last event that they took; `None` for ever.

    `new_secret` seals what a hook of this id is signed with, where the face signs by a secret. `once_per_url`: two
    hooks of one URL would tell one program everything twice, and are refused.
    """

    lasts_seconds: int | None = LIFETIME_SECONDS
    new_secret: Callable[[str], str] | None = None
    once_per_url: bool = False


class Hooks:
    """The hooks of this deployment."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        configured: Sequence[Webhook],
        face: str,
        terms: Mapping[str, HookTerms],
        complaint_about: Callable[[str], str | None],
    ) -> None:
        """`face` is whose hooks are meant where none is named: the admin API's. `terms`: of each face that is served.

        `complaint_about` says why a URL is not asked, if it is not.
        """
        self._store = store
        self._clock = clock
        self.configured = tuple(configured)
        self._face = face
        self._terms = terms
        self.complaint_about = complaint_about
        self._stored: tuple[Webhook, ...] = ()
        self._read_at = float("-inf")
        self._reads = self._newest = 0

    @property
    def configured_here(self) -> Sequence[Webhook]:
        """Those of the configuration that are told as the admin API's are."""
        return [hook for hook in self.configured if hook.face == self._face]

    async def current(self, connection: Connection) -> Sequence[Webhook]:
        """The hooks that are told of what happens now; asked of `connection` only where we may not know."""
        if self._clock.monotonic() - self._read_at > KNOWN_SECONDS:
            await self._read(connection)
        return self._told()

    async def refresh(self) -> Sequence[Webhook]:
        """Read the hooks again; answers those that are told. Raises `StoreUnavailable`."""
        async with self._store.read() as connection:
            await self._read(connection)
        return self._told()

    async def list(self, *, face: str | None = None) -> Sequence[Webhook]:
        """The hooks that the API of this face made, oldest first, disabled ones too."""
        of = face or self._face
        return [hook for hook in await self.all() if hook.face == of]

    async def page(self, wanted: Seek, *, face: str) -> Part[Webhook]:
        """The same, by page."""
        async with self._store.read() as connection:
            return await rows.page(connection, wanted, face=face)

    async def all(self) -> Sequence[Webhook]:
        """The hooks that any API made."""
        async with self._store.read() as connection:
            return await rows.webhooks(connection)

    async def get(self, hook_id: str, *, face: str | None = None) -> Webhook:
        """A hook that the API of this face made. Raises `NotFound`."""
        async with self._store.read() as connection:
            return await self._row(connection, hook_id, face)

    async def any(self, hook_id: str) -> Webhook:
        """A hook, wherever it stands. Raises `NotFound`."""
        configured = next((hook for hook in self.configured if hook.id == hook_id), None)
        if configured is not None:
            return configured
        async with self._store.read() as connection:
            return self._found(await rows.webhook(connection, hook_id))

    async def create(self, change: HookChange, by: By = UNNAMED, *, face: str | None = None) -> Webhook:
        """A hook that is told from now on, by the terms of its face; it needs URL and events.

        Raises `InvalidRequest`, `Conflict`.
        """
        if change.callback is None or change.events is None:
            raise InvalidRequest("callback and events are required fields")
        self._require_good(change.callback)
        now, hook_id = self._clock.now(), new_id(self._clock.now_ms())
        terms = self._terms[face or self._face]
        hook = Webhook(
            id=hook_id,
            callback=change.callback,
            events=self._subscriptions(change.events),
            enabled=change.enabled is not False,
            failures=0,
            expires_at=_end(terms, now),
            created_at=now,
            updated_at=now,
            face=face or self._face,
            sealed_secret=None if terms.new_secret is None else terms.new_secret(hook_id),
        )
        async with self._store.transaction() as connection:
            await self._take_turn(connection, hook.face)
            others = await self._others(connection, hook)
            if len(others) >= MOST_HOOKS:
                raise InvalidRequest(f"there are {MOST_HOOKS} webhooks already")
            self._require_alone(hook, others)
            await rows.insert_webhook(connection, hook)
            await self._note(connection, Event.WEBHOOK_CREATED, hook.id, by)
        await self.refresh()
        return hook

    async def update(self, hook_id: str, change: HookChange, by: By = UNNAMED, *, face: str | None = None) -> Webhook:
        """Change a hook, which begins anew: no failures, its whole time. Raises as `create` does, and `NotFound`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            await self._take_turn(connection, face or self._face)
            found = await self._row(connection, hook_id, face)
            hook = replace(
                found,
                callback=found.callback if change.callback is None else change.callback,
                events=found.events if change.events is None else self._subscriptions(change.events),
                enabled=found.enabled if change.enabled is None else change.enabled,
                failures=0,
                expires_at=_end(self._terms[found.face], now),
                updated_at=now,
            )
            self._require_good(hook.callback)
            self._require_alone(hook, await self._others(connection, hook))
            self._found(hook if await rows.update_webhook(connection, hook) else None)
            await self._note(connection, Event.WEBHOOK_CHANGED, hook.id, by)
        await self.refresh()
        return hook

    async def delete(self, hook_id: str, by: By = UNNAMED, *, face: str | None = None) -> None:
        """Remove a hook, and what it was yet to be told. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            await self._row(connection, hook_id, face)
            # In the order in which a delivery is noted: it, and then how the hook does.
            await outbox.delete_deliveries_of(connection, hook_id)
            if not await rows.delete_webhook(connection, hook_id):
                self._found(None)
            await self._note(connection, Event.WEBHOOK_DELETED, hook_id, by)
        await self.refresh()

    async def _note(self, connection: Connection, event: Event, hook_id: str, by: By) -> None:
        await record(
            connection,
            event,
            clock=self._clock,
            actor="operator",
            requester=by.requester,
            webhook=hook_id,
            **by.named,
        )

    async def _others(self, connection: Connection, hook: Webhook) -> Sequence[Webhook]:
        """The other hooks of its face."""
        every = await rows.webhooks(connection)
        return [each for each in every if each.face == hook.face and each.id != hook.id]

    async def _take_turn(self, connection: Connection, face: str) -> None:
        """Nobody else makes or changes hooks of this face until our transaction ends."""
        await outbox.take_turn(connection, f"hooks of {face}", now=self._clock.now())

    def _require_alone(self, hook: Webhook, others: Sequence[Webhook]) -> None:
        if self._terms[hook.face].once_per_url and any(each.callback == hook.callback for each in others):
            raise Conflict("there is a webhook with this URL already")

    async def _read(self, connection: Connection) -> None:
        at = self._clock.monotonic()
        self._reads += 1
        read = self._reads
        stored = tuple(await rows.webhooks(connection))
        # One that began before a change of ours, and came back after it, knows less than we do.
        if read > self._newest:
            self._newest, self._stored, self._read_at = read, stored, at

    def _told(self) -> Sequence[Webhook]:
        now = self._clock.now()
        # What a face that is not served made is told nothing: nobody could spell it.
        served = (hook for hook in self._stored if hook.enabled and hook.face in self._terms)
        alive = (hook for hook in served if hook.expires_at is None or hook.expires_at > now)
        return (*self.configured, *alive)

    async def _row(self, connection: Connection, hook_id: str, face: str | None) -> Webhook:
        found = await rows.webhook(connection, hook_id)
        return self._found(found if found is not None and found.face == (face or self._face) else None)

    def _subscriptions(self, events: Sequence[str]) -> tuple[Subscription, ...]:
        return tuple(Subscription(id=new_id(self._clock.now_ms()), event=each) for each in events)

    def _require_good(self, unverified_callback: str) -> None:
        complaint = self.complaint_about(unverified_callback)
        if complaint is not None:
            raise InvalidRequest(f"callback {complaint}")

    @staticmethod
    def _found(found: Webhook | None) -> Webhook:
        if found is None:
            raise NotFound("there is no such webhook")
        return found


def _end(terms: HookTerms, now: int) -> int | None:
    return None if terms.lasts_seconds is None else now + terms.lasts_seconds
