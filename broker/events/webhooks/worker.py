"""The worker that empties the outbox. Every server has one; leases share the work, and outlive whoever took them.

Of each user and hook one event is under way at a time, in order. A hook that is slow or down holds up nobody else: each
has its own room. No connection to the database is held while a hook is asked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from broker.clock import Clock
from broker.crypto import chance, random_uuid
from broker.errors import BrokerError, UpstreamUnavailable
from broker.events.webhooks.hooks import LIFETIME_SECONDS, Hooks
from broker.events.webhooks.schedule import Standing, bounded, is_over, wait_after
from broker.models.webhooks import Delivery, Message, Posted, Spell, Webhook
from broker.store import outbox, webhooks
from broker.store.base import Store
from broker.telemetry.logging import get_logger

LOOK_SECONDS = 0.5
"""How often a worker that nobody wakes looks: for hooks that changed, and for what others wrote or left lying."""
LEASE_SECONDS = 15
"""Longer than any attempt lasts; a server that dies holds up for so long what it was sending."""
PER_HOOK = 8
AT_ONCE = 200
MOST_GIVEN_UP = 5
"""So many events in a row may be given up; the next one disables a hook of the admin API."""
LAST_SECONDS = 2.0
_EXTENDED_AFTER = 86_400


class Post(Protocol):
    """The network."""

    async def post(self, url: str, message: Message) -> Posted:
        """Send it once. Raises `UpstreamUnavailable` with a few words as `reason` where there was no answer."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """What came of one; without `failure` the hook has it."""

    status: int | None = None
    retry_after: int | None = None
    failure: str | None = None


class Worker:
    """Delivers what is due."""

    def __init__(
        self,
        store: Store,
        hooks: Hooks,
        clock: Clock,
        *,
        spell: Mapping[str, Spell],
        network: Post,
        on_outcome: Callable[[str], None],
    ) -> None:
        """`on_outcome` is told `delivered`, `failed` or `given_up` for each attempt."""
        self._store = store
        self._hooks = hooks
        self._clock = clock
        self._spell = spell
        self._network = network
        self._on_outcome = on_outcome
        self._standings: defaultdict[str, Standing] = defaultdict(Standing)
        self._under_way: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something due."""
        self._woken.set()

    async def look(self) -> None:
        """One round, and then wait: until somebody wakes us, or for a moment."""
        self._woken.clear()
        try:
            await self.round()
        except BrokerError as error:
            get_logger().warning("webhooks could not be looked after", detail=str(error))
        except Exception:
            get_logger().exception("webhooks could not be looked after")
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()

    async def round(self) -> int:
        """Begin with everything that is due now and has room; answers how much. Raises `StoreUnavailable`."""
        hooks, begun = await self._hooks.refresh(), 0
        if not hooks:
            return 0
        async with self._store.read() as connection:
            due = await outbox.hooks_with_work(connection, now=self._clock.now())
        for hook in hooks:
            room = min(self._room(hook), AT_ONCE - len(self._under_way)) if hook.id in due else 0
            if room > 0:
                begun += await self._begin(hook, room)
        return begun

    async def drain(self) -> None:
        """Deliver until nothing is due and nothing under way."""
        while await self.round() or self._under_way:
            await asyncio.gather(*self._under_way)

    async def close(self, *, patience: float = LAST_SECONDS) -> None:
        """Let what is under way end within so many seconds; what does not is sent again when its lease is over."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._network.close()

    def _room(self, hook: Webhook) -> int:
        return self._standings[hook.id].room(PER_HOOK, now=self._clock.monotonic())

    async def _begin(self, hook: Webhook, room: int) -> int:
        now = self._clock.now()
        async with self._store.read() as connection:
            found = await outbox.due(connection, hook.id, now=now, limit=room)
        if not found:
            return 0
        lease = random_uuid()
        async with self._store.transaction() as connection:
            taken = [
                each
                for each in found
                if await outbox.take(connection, each, lease=lease, until=now + LEASE_SECONDS, now=now)
            ]
        for each in taken:
            self._standings[hook.id].under_way += 1
            task = asyncio.create_task(self._deliver(hook, each, lease))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(taken)

    async def _deliver(self, hook: Webhook, delivery: Delivery, lease: str) -> None:
        standing = self._standings[hook.id]
        try:
            attempt = await self._attempt(hook, delivery)
            if attempt.failure is None:
                standing.succeeded()
                await self._delivered(hook, delivery, attempt)
            else:
                standing.failed(attempt.retry_after, now=self._clock.monotonic())
                await self._failed(hook, delivery, lease, attempt)
        except BrokerError as error:
            # What came of it could not be written: it is sent again when the lease is over.
            get_logger().warning("a webhook's delivery could not be noted", hook=hook.id, detail=str(error))
        finally:
            standing.under_way -= 1
            self.wake()

    async def _attempt(self, hook: Webhook, delivery: Delivery) -> _Attempt:
        try:
            answer = await self._network.post(hook.callback, self._spell[hook.face](delivery.event, hook))
        except UpstreamUnavailable as error:
            return _Attempt(failure=error.reason)
        except Exception:
            # Whatever is wrong with this event, those behind it shall have their turn: it counts as a failure.
            get_logger().exception("a webhook could not be told", hook=hook.id, event_id=delivery.event.id)
            return _Attempt(failure="a fault of ours")
        taken = 200 <= answer.status < 300
        failure = None if taken else f"HTTP {answer.status}"
        return _Attempt(status=answer.status, retry_after=answer.retry_after, failure=failure)

    async def _delivered(self, hook: Webhook, delivery: Delivery, attempt: _Attempt) -> None:
        now = self._clock.now()
        lasts = None if hook.expires_at is None else now + LIFETIME_SECONDS
        async with self._store.transaction() as connection:
            await outbox.note_delivered(connection, hook.id, delivery.event.seq, status=attempt.status, now=now)
            is_late = lasts is not None and lasts - (hook.expires_at or 0) >= _EXTENDED_AFTER
            if not hook.configured and (hook.failures or is_late):
                await webhooks.note_success(connection, hook.id, expires_at=lasts)
        self._on_outcome("delivered")

    async def _failed(self, hook: Webhook, delivery: Delivery, lease: str, attempt: _Attempt) -> None:
        now, attempts = self._clock.now(), delivery.attempts + 1
        over = is_over(attempts, age=now - delivery.event.occurred_at)
        wait = wait_after(attempts, chance=chance())
        if attempt.retry_after is not None:
            wait = max(wait, bounded(attempt.retry_after))
        disabled = False
        async with self._store.transaction() as connection:
            noted = await outbox.note_failed(
                connection,
                delivery,
                lease=lease,
                next_at=None if over else now + wait,
                status=attempt.status,
                failure=attempt.failure or "",
                now=now,
            )
            if noted and over and not hook.configured:
                disabled = await webhooks.note_given_up(connection, hook.id, most=MOST_GIVEN_UP, now=now)
        if noted:
            self._on_outcome("given_up" if over else "failed")
            self._tell(hook, delivery, attempt.failure or "", over=over, disabled=disabled)

    def _tell(self, hook: Webhook, delivery: Delivery, reason: str, *, over: bool, disabled: bool) -> None:
        """The URL stays out of it: whoever has it may be able to post there."""
        facts = {"hook": hook.id, "event_id": delivery.event.id, "name": delivery.event.name, "detail": reason}
        if over:
            get_logger().error("an event is given up: its webhook does not take it", **facts)
        else:
            get_logger().warning("a webhook did not take an event", attempt=delivery.attempts + 1, **facts)
        if disabled:
            get_logger().error("a webhook is disabled: it took none of its last events", hook=hook.id)
