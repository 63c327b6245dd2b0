"""What happened, as a list to read: events in the order of their places, for as long as their face keeps them.

For programs that would rather ask than be told. What is told to hooks is the same row (`events/webhooks/outbox`).
"""

from dataclasses import dataclass

from broker.clock import Clock
from broker.store import event_pages
from broker.store.base import Store
from broker.store.event_pages import EventFilter, EventPage

START = 0
"""Before every place: where a reader stands whose event is kept no longer. It rather reads twice than misses one."""


@dataclass(frozen=True, kw_only=True)
class EventsWanted:
    """A page: the first events `behind` one, or the last `before` another, both by id. Of both `behind` counts."""

    filter: EventFilter
    behind: str | None = None
    before: str | None = None
    newest_first: bool = False
    limit: int = 10


class KeptEvents:
    """The events of this deployment that a face keeps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, wanted: EventsWanted) -> EventPage:
        """One page. Raises `StoreUnavailable`."""
        now = self._clock.now()
        async with self._store.read() as connection:
            is_behind = await event_pages.has_unplaced(connection)
        if is_behind:
            async with self._store.transaction() as connection:
                await event_pages.give_places(connection, now=now)
        async with self._store.read() as connection:
            places = [
                None if event_id is None else await event_pages.place_of(connection, event_id) or START
                for event_id in (wanted.behind, wanted.before)
            ]
            return await event_pages.page(
                connection,
                wanted.filter,
                behind=places[0],
                before=places[1],
                newest_first=wanted.newest_first,
                limit=wanted.limit,
                now=now,
            )
