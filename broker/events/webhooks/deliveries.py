"""What hooks did not take, for the operator to look at; and to send once more."""

from collections.abc import Callable, Sequence

from broker.clock import Clock
from broker.errors import Conflict, NotFound
from broker.events.webhooks.hooks import Hooks
from broker.models.webhooks import Delivery
from broker.store import outbox
from broker.store.base import Store

PAGE = 100


class Deliveries:
    """The deliveries of this deployment."""

    def __init__(self, store: Store, hooks: Hooks, clock: Clock, *, wake: Callable[[], None]) -> None:
        """`wake` is called once something is due at once."""
        self._store = store
        self._hooks = hooks
        self._clock = clock
        self._wake = wake

    async def unsuccessful(self, hook_id: str, *, before: str | None = None) -> Sequence[Delivery]:
        """Up to 100 that a hook did not take, newest first; `before` is the event that ended the page before.

        Raises `NotFound`.
        """
        await self._hooks.any(hook_id)
        async with self._store.read() as connection:
            last = None if before is None else await outbox.delivery(connection, hook_id, before)
            if before is not None and last is None:
                raise NotFound("this webhook was not told of such an event")
            seq = None if last is None else last.event.seq
            return await outbox.unsuccessful(connection, hook_id, before=seq, limit=PAGE)

    async def redeliver(self, hook_id: str, event_id: str) -> Delivery:
        """Send it again, under its old id, whatever became of it. Raises `NotFound`; `Conflict` while it is sent."""
        await self._hooks.any(hook_id)
        async with self._store.transaction() as connection:
            found = await outbox.delivery(connection, hook_id, event_id)
            if found is None:
                raise NotFound("this webhook was not told of such an event, or it is too long ago")
            if not await outbox.deliver_again(connection, found, now=self._clock.now()):
                raise Conflict("the event is being sent at this moment")
            again = await outbox.delivery(connection, hook_id, event_id)
        self._wake()
        return again or found
