"""What a face keeps as a list is written in the transaction of the change; and each face has hooks of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys, new_id
from broker.errors import Conflict, InvalidRequest, NotFound, SealBroken
from broker.events.catalogue import Event
from broker.events.kept import KeptEvents
from broker.events.listening import ListenedStore
from broker.events.trail import record
from broker.events.webhooks.hook_secrets import HookSecrets
from broker.events.webhooks.hooks import MOST_HOOKS, HookChange, Hooks, HookTerms
from broker.events.webhooks.outbox import Outbox
from broker.models.events import AuditEntry
from broker.models.lists import Seek
from broker.models.webhooks import Called, EventFilter
from broker.store import webhooks as rows
from broker.store.base import Store
from tests.databases import all_connected
from tests.store.rows import stored_user
from tests.webhooks.stage import NOW

DAY = 86_400
OURS, OTHERS, ALONE = "a", "b", "c"
SECRETS = SecretKeys(["a-secret-of-tests-that-is-long-enough-0"])


def names(entry: AuditEntry) -> Sequence[Called]:
    return (Called(name=entry.type, with_user=entry.user_id is not None),)


@dataclass(frozen=True)
class Thing:
    """Something of ours that an entry is about."""

    id: str
    parts: tuple[str, ...]
    sealed: str = field(repr=False)


class Server:
    """One face that keeps a list, and another that only tells."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(NOW)
        self.secrets = HookSecrets(SECRETS, configured={})
        self.hooks = Hooks(
            store,
            self.clock,
            configured=(),
            face=OTHERS,
            terms={
                OTHERS: HookTerms(),
                OURS: HookTerms(lasts_seconds=None, new_secret=self.secrets.fresh),
                ALONE: HookTerms(once_per_url=True),
            },
            complaint_about=lambda _url: None,
        )
        both = {OURS: names, OTHERS: names}
        outbox = Outbox(self.hooks, self.clock, names=both, keeps={OURS: DAY}, wake=lambda: None)
        self.store = ListenedStore(store, outbox)
        self.kept = KeptEvents(store, self.clock)

    async def names(self, *wanted: str) -> list[tuple[str, str]]:
        found = await self.kept.page(Seek(newest_first=False), EventFilter(face=OURS, names=wanted))
        return [(event.name, event.user_id) for event in found.items]


@pytest.fixture
async def server(store: Store) -> Server:
    return Server(store)


async def test_an_event_is_kept_without_any_hook_and_for_as_long_as_its_face_says(server: Server) -> None:
    alice = (await stored_user(server.store)).id
    async with server.store.transaction() as c:
        await record(c, Event.USER_CHANGED, clock=server.clock, user_id=alice)
    assert await server.names("user.changed") == [("user.changed", alice)]
    server.clock.advance(DAY)
    assert await server.names("user.changed") == []


async def test_what_is_rolled_back_is_never_in_the_list(server: Server) -> None:
    async def fails() -> None:
        async with server.store.transaction() as c:
            await record(c, Event.USER_CHANGED, clock=server.clock, user_id=new_id(NOW * 1000))
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        await fails()
    assert await server.names("user.changed") == []


async def test_what_is_about_an_organization_and_nobody_is_kept_with_the_thing_and_without_its_secret(
    server: Server,
) -> None:
    org = new_id(NOW * 1000)
    async with server.store.transaction() as c:
        thing = Thing(id=org, parts=("x", "y"), sealed="hush")
        await record(c, Event.KEY_CREATED, clock=server.clock, organization_id=org, about=thing)
        await record(c, Event.KEY_ROTATED, clock=server.clock)
    sought = EventFilter(face=OURS, names=("key.created", "key.rotated"), organization_id=org)
    found = await server.kept.page(Seek(), sought)
    (event,) = found.items
    assert (event.user_id, event.organization_id) == (org, org)
    assert event.content["about"] == {"id": org, "parts": ["x", "y"]}


async def test_hooks_of_one_face_are_nothing_to_the_other(server: Server) -> None:
    change = HookChange(callback="https://app.example/hook", events=("user",))
    hook = await server.hooks.create(change, face=OURS)
    assert await server.hooks.list() == []
    assert [each.id for each in await server.hooks.list(face=OURS)] == [hook.id]
    for call in (server.hooks.get(hook.id), server.hooks.delete(hook.id), server.hooks.update(hook.id, change)):
        with pytest.raises(NotFound):
            await call
    assert (await server.hooks.any(hook.id)).id == hook.id
    await server.hooks.delete(hook.id, face=OURS)
    assert await server.hooks.all() == []


async def test_hooks_of_one_face_take_no_room_from_the_other(server: Server) -> None:
    change = HookChange(callback="https://app.example/hook", events=("user",))
    for _ in range(MOST_HOOKS):
        await server.hooks.create(change, face=OURS)
    with pytest.raises(InvalidRequest):
        await server.hooks.create(change, face=OURS)
    await server.hooks.create(change)


async def test_of_many_who_make_a_hook_at_one_url_at_once_one_does(server: Server) -> None:
    await all_connected(server.store)
    change = HookChange(callback="https://app.example/hook", events=("user",))
    outcomes = await asyncio.gather(
        *(server.hooks.create(change, face=ALONE) for _ in range(6)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict"] * 5 + ["Webhook"]
    other = await server.hooks.create(replace(change, callback="https://app.example/other"), face=ALONE)
    with pytest.raises(Conflict):
        await server.hooks.update(other.id, change, face=ALONE)


async def test_two_who_change_one_hook_in_different_ways_at_once_are_both_heeded(server: Server) -> None:
    await all_connected(server.store)
    hook = await server.hooks.create(HookChange(callback="https://app.example/hook", events=("user",)), face=ALONE)
    await asyncio.gather(
        server.hooks.update(hook.id, HookChange(enabled=False), face=ALONE),
        server.hooks.update(hook.id, HookChange(events=("session",)), face=ALONE),
        server.hooks.update(hook.id, HookChange(callback="https://app.example/other"), face=ALONE),
    )
    found = await server.hooks.get(hook.id, face=ALONE)
    assert (found.enabled, [each.event for each in found.events]) == (False, ["session"])
    assert found.callback == "https://app.example/other"


async def test_hook_that_never_ends_is_told_years_later_and_its_secret_rests_sealed(server: Server) -> None:
    change = HookChange(callback="https://app.example/hook", events=("user",))
    hook = await server.hooks.create(change, face=OURS)
    assert hook.expires_at is None
    async with server.store.transaction() as c:
        row = await c.fetch_one("SELECT sealed_secret FROM webhooks")
        await rows.note_success(c, hook.id, expires_at=None)
        assert await rows.disable_expired(c, now=NOW + 20 * 365 * DAY) == 0
    server.clock.advance(3 * 365 * DAY)
    (told,) = await server.hooks.refresh()
    assert (told.id, told.expires_at) == (hook.id, None)
    secret = server.secrets.of(told)
    assert len(secret) == 43
    assert row is not None
    assert secret not in row["sealed_secret"]
    assert secret not in repr(told)


async def test_sealed_secret_that_was_moved_to_another_hook_is_refused(server: Server) -> None:
    change = HookChange(callback="https://app.example/hook", events=("user",))
    one = await server.hooks.create(change, face=OURS)
    other = await server.hooks.create(HookChange(callback="https://evil.example/", events=("user",)), face=OURS)
    async with server.store.transaction() as c:
        await c.execute("UPDATE webhooks SET sealed_secret = $1 WHERE id = $2", one.sealed_secret, other.id)
    with pytest.raises(SealBroken):
        server.secrets.of(await server.hooks.get(other.id, face=OURS))


async def test_hook_of_a_face_that_is_not_served_is_told_nothing_and_breaks_nothing(server: Server) -> None:
    await server.hooks.create(HookChange(callback="https://app.example/hook", events=("user",)), face=OURS)
    without = Hooks(
        server.store,
        server.clock,
        configured=(),
        face=OTHERS,
        terms={OTHERS: HookTerms()},
        complaint_about=lambda _url: None,
    )
    assert await without.refresh() == ()
