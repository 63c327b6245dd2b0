"""The outbox: what somebody wants to hear is written in the transaction of the change itself, and is gone with it.

So is what a face keeps as a list for whoever comes to read it (`events/kept`), hooks or none.
Written about one user after the other, in the order of their ids, each held until the commit: so the events of a user
stand in the order of their commits, and no two transactions wait for one another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from broker.clock import Clock
from broker.crypto import new_id
from broker.events.webhooks.hooks import Hooks
from broker.events.webhooks.snapshot import content_of
from broker.models.events import AuditEntry
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.users import UserProfile
from broker.models.webhooks import Called, Names, OutboxEvent, Webhook
from broker.store import metadata, users
from broker.store import outbox as rows
from broker.store.base import Connection


@dataclass(frozen=True, kw_only=True)
class _ToTell:
    entry: AuditEntry
    about: str
    face: str
    called: Called
    hook_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Person:
    profile: UserProfile | None = None
    metadata: UserMetadata = NO_METADATA


_NOBODY = _Person()


class Outbox:
    """Listens to transactions (`events/listening.Listener`). Where nobody is told, it costs nothing."""

    def __init__(
        self,
        hooks: Hooks,
        clock: Clock,
        *,
        names: Mapping[str, Names],
        keeps: Mapping[str, int],
        wake: Callable[[], None],
    ) -> None:
        """`names`: what each face calls our entries; `keeps`: for how many seconds a face keeps what happens as a list.

        `wake` is called once something new is committed.
        """
        self._hooks = hooks
        self._clock = clock
        self._names = names
        self._keeps = keeps
        self._wake = wake

    async def before_commit(self, connection: Connection, entries: Sequence[AuditEntry]) -> Callable[[], None] | None:
        """Write down who is to be told what of these entries."""
        hooks = await self._hooks.current(connection)
        told = list(_once(each for entry in entries for each in self._of(entry, hooks)))
        if not told:
            return None
        now = self._clock.now()
        for about in sorted({each.about for each in told}):
            await rows.take_turn(connection, about, now=now)
        people: dict[str, _Person] = {}
        for each in told:
            person = _NOBODY
            if each.called.with_user and each.entry.user_id is not None:
                if each.about not in people:
                    people[each.about] = await self._person(connection, each.about, entries)
                person = people[each.about]
            await rows.insert_event(connection, self._event(each, person), each.hook_ids, now=now)
        return self._wake

    def _of(self, entry: AuditEntry, hooks: Sequence[Webhook]) -> list[_ToTell]:
        about = entry.user_id or entry.organization_id
        if about is None:
            return []
        found = []
        for face in dict.fromkeys((*(hook.face for hook in hooks), *self._keeps)):
            for called in self._names[face](entry):
                ids = tuple(hook.id for hook in hooks if hook.face == face and hook.wants(called.name))
                if ids or face in self._keeps:
                    found.append(_ToTell(entry=entry, about=about, face=face, called=called, hook_ids=ids))
        return found

    async def _person(self, connection: Connection, user_id: str, entries: Sequence[AuditEntry]) -> _Person:
        """The user as this transaction leaves them; as they were, where it deletes them."""
        for entry in entries:
            if entry.user_id == user_id and entry.subject is not None:
                return _Person(profile=entry.subject, metadata=entry.subject_metadata)
        profile = await users.profile(connection, user_id)
        return _Person(profile=profile, metadata=await metadata.metadata(connection, user_id))

    def _event(self, told: _ToTell, person: _Person) -> OutboxEvent:
        return OutboxEvent(
            id=new_id(self._clock.now_ms()),
            face=told.face,
            name=told.called.name,
            type=told.entry.type,
            occurred_at=told.entry.created_at,
            user_id=told.about,
            organization_id=told.entry.organization_id,
            kept_until=told.entry.created_at + self._keeps[told.face] if told.face in self._keeps else 0,
            content=content_of(told.entry, person.profile, person.metadata),
        )


def _once(told: Iterable[_ToTell]) -> Iterator[_ToTell]:
    seen: set[tuple[str, str, str]] = set()
    for each in told:
        key = (each.face, each.called.name, each.about)
        if not each.called.once or key not in seen:
            seen.add(key)
            yield each
