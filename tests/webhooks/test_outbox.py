"""What is to be told is written in the transaction of the change, in the order of the commits, or not at all."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import AuditEntry
from broker.store import outbox, users, webhooks
from broker.store.base import Row
from tests.databases import somebody_waits
from tests.webhooks.receiver import Receiver
from tests.webhooks.stage import Stage, configured, staged


class Untouched:
    """A connection that nobody may ask."""

    async def fetch_one(self, *_: object) -> Row | None:
        self._fail()

    async def fetch_all(self, *_: object) -> Sequence[Row]:
        self._fail()

    async def execute(self, *_: object) -> int:
        self._fail()

    def _fail(self) -> NoReturn:
        raise AssertionError("a statement")


async def test_an_event_is_written_for_those_who_want_it_and_told(stage: Stage) -> None:
    hook = await stage.hook(events=["user.update"])
    await stage.hook("/other", events=["user.create"])
    alice = await stage.user()

    await stage.happened(alice, Event.USER_CHANGED)
    written = await stage.rows("deliveries")
    await stage.drained()

    assert [(row["hook_id"], row["user_id"], row["state"]) for row in written] == [(hook.id, alice, "waiting")]
    assert [(one.path, one.body["event"], one.user_id) for one in stage.receiver.received] == [
        ("/hook", "user.update", alice)
    ]


async def test_what_is_rolled_back_is_told_nobody(stage: Stage) -> None:
    await stage.hook()
    alice = await stage.user()

    async def fails() -> None:
        async with stage.store.transaction() as connection:
            await record(connection, Event.USER_CREATED, clock=stage.clock, user_id=alice)
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        await fails()
    await stage.drained()

    assert await stage.rows("outbox") == []
    assert stage.receiver.received == []


async def test_nothing_is_written_where_nobody_wants_it(stage: Stage) -> None:
    await stage.hook(events=["session"])
    alice = await stage.user()

    await stage.happened(alice, Event.USER_CREATED, Event.IDENTITY_LINKED)

    assert await stage.rows("outbox") == []


async def test_without_hooks_a_sign_in_pays_no_statement(simple: Stage) -> None:
    entry = AuditEntry(id="x", type=Event.USER_CREATED, created_at=0, user_id="somebody")

    assert await simple.webhooks.outbox.before_commit(Untouched(), [entry]) is None


async def test_what_another_server_changed_is_known_within_a_second(
    stage: Stage, receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    async with staged(tmp_path, receiver, database=database_url, clock=stage.clock) as other:
        hook = await other.hook()
        alice = await stage.user()
        stage.clock.advance(1.5)
        await stage.happened(alice)
        assert len(await stage.rows("deliveries")) == 1
        await other.webhooks.hooks.delete(hook.id)
        stage.clock.advance(1.5)
        await stage.happened(alice)
    assert await stage.rows("deliveries") == []


async def test_events_of_a_user_stand_in_the_order_of_their_commits(stage: Stage) -> None:
    """Two transactions of one user that know nothing of each other, as the end of a session and a sign-in."""
    await stage.hook()
    alice = await stage.user()
    recorded = asyncio.Event()

    async def slow() -> None:
        async with stage.store.transaction() as connection:
            await record(connection, Event.USER_CHANGED, clock=stage.clock, user_id=alice, which="slow")
            recorded.set()
            if stage.store.engine == "postgres":
                await quick_done.wait()

    async def quick() -> None:
        await recorded.wait()
        async with stage.store.transaction() as connection:
            await record(connection, Event.USER_CHANGED, clock=stage.clock, user_id=alice, which="quick")
        quick_done.set()

    quick_done = asyncio.Event()
    await asyncio.gather(slow(), quick())
    await stage.drained()

    first = "quick" if stage.store.engine == "postgres" else "slow"
    assert f'"which":"{first}"' in (await stage.rows("outbox"))[0]["content"]
    assert len(stage.receiver.ids(alice)) == 2


async def test_transactions_about_the_same_two_users_never_wait_for_one_another(stage: Stage) -> None:
    await stage.hook()
    alice, bob = await stage.user(), await stage.user()

    async def about(*user_ids: str) -> None:
        async with stage.store.transaction() as connection:
            for user_id in user_ids:
                await record(connection, Event.ADDRESS_ADDED, clock=stage.clock, user_id=user_id)

    await asyncio.gather(*(about(alice, bob) if turn % 2 else about(bob, alice) for turn in range(20)))

    assert len(await stage.rows("outbox")) == 40


async def test_the_user_is_told_as_the_transaction_left_them(stage: Stage) -> None:
    await stage.hook()
    alice = await stage.user()

    async with stage.store.transaction() as connection:
        await record(connection, Event.USER_CHANGED, clock=stage.clock, user_id=alice)
        await users.update_profile(
            connection, alice, name="Alice A.", given_name=None, family_name=None, now=stage.clock.now()
        )
    async with stage.store.transaction() as connection:
        await users.update_profile(
            connection, alice, name="Later", given_name=None, family_name=None, now=stage.clock.now()
        )
    await stage.drained()

    assert stage.receiver.received[0].claims["data"]["name"] == "Alice A."


async def test_a_user_who_is_gone_is_told_as_they_were(stage: Stage) -> None:
    await stage.hook()
    alice = await stage.user()
    name = (await stage.broker.application.broker.users.profile(alice)).user.name

    await stage.broker.application.broker.users.delete(alice)
    await stage.drained()

    (told,) = stage.receiver.received
    assert told.body["event"] == "user.delete"
    assert told.claims["data"]["id"] == alice
    assert told.claims["data"].get("name") == name


async def test_a_hook_of_the_configuration_is_told_too(tmp_path: Path, receiver: Receiver) -> None:
    changes = configured(receiver, "user.update", path="/configured")
    async with staged(tmp_path, receiver, changes=changes) as stage:
        await stage.happened(await stage.user())
        await stage.drained()
    assert [one.path for one in receiver.received] == ["/configured"]


async def test_a_reload_takes_a_hook_away_and_brings_another(simple: Stage, receiver: Receiver) -> None:
    await simple.broker.reload(configured(receiver, path="/one"))
    await simple.happened(await simple.user())
    await simple.drained()
    await simple.broker.reload(configured(receiver, path="/two"))
    await simple.happened(await simple.user())
    await simple.drained()
    assert [one.path for one in receiver.received] == ["/one", "/two"]


async def test_a_read_that_began_before_a_change_of_ours_does_not_undo_what_we_know(simple: Stage) -> None:
    hooks = simple.webhooks.hooks
    began, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Untouched):
        async def fetch_all(self, *_: object) -> Sequence[Row]:
            began.set()
            await go_on.wait()
            return []

    simple.clock.advance(2)
    late = asyncio.create_task(hooks.current(Slow()))
    await began.wait()
    await simple.hook()
    go_on.set()
    await late
    await simple.happened(await simple.user())
    assert len(await simple.rows("deliveries")) == 1


async def test_what_happens_to_keys_is_no_hooks_business(simple: Stage) -> None:
    await simple.hook(events=["user", "session", "email.send"])
    async with simple.store.transaction() as connection:
        await record(connection, Event.KEY_ROTATED, clock=simple.clock, kid="x")
    assert await simple.rows("outbox") == []


async def test_a_hook_that_is_removed_while_a_delivery_is_noted_waits_for_that_alone(stage: Stage) -> None:
    hook = await stage.hook()
    await stage.happened(await stage.user())
    await stage.drained()
    [told] = await stage.rows("deliveries")
    async with asyncio.timeout(30):
        async with stage.store.transaction() as connection:
            await outbox.note_delivered(connection, hook.id, told["seq"], status=200, now=stage.clock.now())
            removal = asyncio.create_task(stage.webhooks.hooks.delete(hook.id))
            await somebody_waits(stage.store, connection)
            await webhooks.note_success(connection, hook.id, expires_at=None)
        await removal
    assert await stage.rows("webhooks") == await stage.rows("deliveries") == []
