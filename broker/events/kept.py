"""What happened, as a list to read: events in the order of their places, for as long as their face keeps them.

For programs that would rather ask than be told. What is told to hooks is the same row (`events/webhooks/outbox`).
"""

from broker.clock import Clock
from broker.models.lists import Part, Seek
from broker.models.webhooks import EventFilter, OutboxEvent
from broker.store import event_pages
from broker.store.base import Store

START = 0
"""Before every place: where a reader stands whose event is kept no longer. It rather reads twice than misses one."""


class KeptEvents:
    """The events of this deployment that a face keeps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, wanted: Seek, sought: EventFilter) -> Part[OutboxEvent]:
        """One page; the cursors are ids of events. Raises `StoreUnavailable`."""
        now = self._clock.now()
        while await self._is_behind():
            async with self._store.transaction() as connection:
                await event_pages.give_places(connection, now=now)
        cursor = wanted.after or wanted.before
        async with self._store.read() as connection:
            place = None if cursor is None else await event_pages.place_of(connection, cursor) or START
            return await event_pages.page(connection, wanted, sought, place=place, now=now)

    async def _is_behind(self) -> bool:
        async with self._store.read() as connection:
            return await event_pages.has_unplaced(connection)
