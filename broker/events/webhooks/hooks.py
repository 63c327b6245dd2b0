"""Who is told of what: the hooks of the configuration, and those that are made, changed and removed by the admin API.

What is known of them is at most a second old, and what this process changed it knows at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import NOBODY, Requester
from broker.models.webhooks import Subscription, Webhook
from broker.store import outbox
from broker.store import webhooks as rows
from broker.store.base import Connection, Store

KNOWN_SECONDS = 1.0
LIFETIME_SECONDS = 30 * 86_400
MOST_HOOKS = 100
"""Each costs every sign-in that it wants to hear of a row."""


@dataclass(frozen=True, kw_only=True)
class HookChange:
    """What a hook shall be; `events` are names that its face knows."""

    callback: str = field(repr=False)
    events: tuple[str, ...]
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Which key of the admin API acts, and where the request came from."""

    api_key: str | None = None
    requester: Requester = NOBODY


UNNAMED = Operator()


class Hooks:
    """The hooks of this deployment."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        configured: Sequence[Webhook],
        face: str,
        complaint_about: Callable[[str], str | None],
    ) -> None:
        """`face` spells for hooks of the admin API; `complaint_about` says why a URL is not asked, if it is not."""
        self._store = store
        self._clock = clock
        self.configured = tuple(configured)
        self._face = face
        self.complaint_about = complaint_about
        self._stored: tuple[Webhook, ...] = ()
        self._read_at = float("-inf")
        self._reads = self._newest = 0

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

    async def list(self) -> Sequence[Webhook]:
        """The hooks of the admin API, oldest first, disabled ones too."""
        async with self._store.read() as connection:
            return await rows.webhooks(connection, face=self._face)

    async def get(self, hook_id: str) -> Webhook:
        """A hook of the admin API. Raises `NotFound`."""
        async with self._store.read() as connection:
            found = await rows.webhook(connection, hook_id, face=self._face)
        return self._found(found)

    async def any(self, hook_id: str) -> Webhook:
        """A hook, wherever it stands. Raises `NotFound`."""
        configured = next((hook for hook in self.configured if hook.id == hook_id), None)
        return configured or await self.get(hook_id)

    async def create(self, change: HookChange, by: Operator = UNNAMED) -> Webhook:
        """A hook that is told from now on, for 30 days beyond the last event it took. Raises `InvalidRequest`."""
        self._require_good(change.callback)
        now = self._clock.now()
        hook = Webhook(
            id=new_id(self._clock.now_ms()),
            callback=change.callback,
            events=self._subscriptions(change),
            enabled=change.enabled,
            failures=0,
            expires_at=now + LIFETIME_SECONDS,
            created_at=now,
            updated_at=now,
            face=self._face,
        )
        async with self._store.transaction() as connection:
            if len(await rows.webhooks(connection, face=self._face)) >= MOST_HOOKS:
                raise InvalidRequest(f"there are {MOST_HOOKS} webhooks already")
            await rows.insert_webhook(connection, hook)
            await self._note(connection, Event.WEBHOOK_CREATED, hook.id, by)
        await self.refresh()
        return hook

    async def update(self, hook_id: str, change: HookChange, by: Operator = UNNAMED) -> Webhook:
        """Change a hook, which begins anew: no failures, 30 days. Raises `InvalidRequest`, `NotFound`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            found = self._found(await rows.webhook(connection, hook_id, face=self._face))
            self._require_good(change.callback)
            hook = replace(
                found,
                callback=change.callback,
                events=self._subscriptions(change),
                enabled=change.enabled,
                failures=0,
                expires_at=now + LIFETIME_SECONDS,
                updated_at=now,
            )
            self._found(hook if await rows.update_webhook(connection, hook) else None)
            await self._note(connection, Event.WEBHOOK_CHANGED, hook.id, by)
        await self.refresh()
        return hook

    async def delete(self, hook_id: str, by: Operator = UNNAMED) -> None:
        """Remove a hook, and what it was yet to be told. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            if not await rows.delete_webhook(connection, hook_id):
                self._found(None)
            await outbox.delete_deliveries_of(connection, hook_id)
            await self._note(connection, Event.WEBHOOK_DELETED, hook_id, by)
        await self.refresh()

    async def _note(self, connection: Connection, event: Event, hook_id: str, by: Operator) -> None:
        await record(
            connection,
            event,
            clock=self._clock,
            actor="operator",
            requester=by.requester,
            webhook=hook_id,
            api_key=by.api_key,
        )

    async def _read(self, connection: Connection) -> None:
        at = self._clock.monotonic()
        self._reads += 1
        read = self._reads
        stored = tuple(await rows.webhooks(connection, face=self._face))
        # One that began before a change of ours, and came back after it, knows less than we do.
        if read > self._newest:
            self._newest, self._stored, self._read_at = read, stored, at

    def _told(self) -> Sequence[Webhook]:
        now = self._clock.now()
        alive = (hook for hook in self._stored if hook.enabled and (hook.expires_at or 0) > now)
        return (*self.configured, *alive)

    def _subscriptions(self, change: HookChange) -> tuple[Subscription, ...]:
        return tuple(Subscription(id=new_id(self._clock.now_ms()), event=each) for each in change.events)

    def _require_good(self, unverified_callback: str) -> None:
        complaint = self.complaint_about(unverified_callback)
        if complaint is not None:
            raise InvalidRequest(f"callback {complaint}")

    @staticmethod
    def _found(found: Webhook | None) -> Webhook:
        if found is None:
            raise NotFound("there is no such webhook")
        return found
