"""When an event is given up, when a hook is: and how both come back."""

import pytest
from structlog.testing import capture_logs

from broker.errors import Conflict, NotFound
from broker.events.webhooks.hooks import HookChange
from broker.events.webhooks.schedule import FEWEST_ATTEMPTS, MOST_ATTEMPTS, is_over, wait_after
from tests.webhooks.stage import Stage


async def test_after_a_day_an_event_is_given_up_and_the_next_has_its_turn(simple: Stage) -> None:
    hook = await simple.hook()
    alice = await simple.user()
    simple.receiver.answer = lambda _path: 500
    await simple.happened(alice)
    await simple.happened(alice)

    for _ in range(200):
        simple.clock.advance(600)
        await simple.drained()

    first, second = await simple.rows("deliveries")
    assert (first["state"], second["state"]) == ("given_up", "given_up")
    assert second["attempts"] == 5
    assert (await simple.webhooks.hooks.get(hook.id)).failures == 2


async def test_a_hook_that_takes_none_of_six_events_in_a_row_is_disabled(simple: Stage) -> None:
    hook = await simple.hook()
    simple.receiver.answer = lambda _path: 500
    for _ in range(7):
        await simple.happened(await simple.user())
    with capture_logs() as log:
        for _ in range(400):
            simple.clock.advance(600)
            await simple.drained()

    found = await simple.webhooks.hooks.get(hook.id)
    assert (found.enabled, found.failures) == (False, 6)
    assert sum("disabled" in line["event"] for line in log) == 1
    await simple.happened(await simple.user())
    assert len(await simple.rows("outbox")) == 7


async def test_an_event_that_is_taken_forgets_failures_and_lets_the_hook_live_on(simple: Stage) -> None:
    hook = await simple.hook()
    simple.clock.advance(10 * 86_400)
    await simple.happened(await simple.user())
    await simple.drained()

    found = await simple.webhooks.hooks.get(hook.id)
    assert found.expires_at == simple.clock.now() + 30 * 86_400


async def test_a_hook_that_was_not_used_for_thirty_days_is_told_nothing_more(simple: Stage) -> None:
    await simple.hook()
    simple.clock.advance(30 * 86_400)
    await simple.happened(await simple.user())
    assert await simple.rows("outbox") == []


async def test_a_removed_hook_takes_what_waits_for_it_along(stage: Stage) -> None:
    hook = await stage.hook()
    await stage.happened(await stage.user())
    await stage.webhooks.hooks.delete(hook.id)
    await stage.drained()
    assert await stage.rows("deliveries") == []
    assert stage.receiver.received == []


async def test_a_given_up_event_can_be_sent_again(stage: Stage) -> None:
    hook = await stage.hook()
    stage.receiver.answer = lambda _path: 500
    await stage.happened(await stage.user())
    for _ in range(60):
        stage.clock.advance(3600)
        await stage.drained()
    (gone,) = await stage.webhooks.deliveries.unsuccessful(hook.id)
    stage.receiver.answer = lambda _path: 200

    await stage.webhooks.deliveries.redeliver(hook.id, gone.event.id)
    await stage.drained()

    assert gone.state == "given_up"
    assert [one.id for one in stage.receiver.taken()] == [gone.event.id]
    assert list(await stage.webhooks.deliveries.unsuccessful(hook.id)) == []


async def test_what_was_delivered_can_be_sent_again_too_under_its_id(simple: Stage) -> None:
    hook = await simple.hook()
    await simple.happened(await simple.user())
    await simple.drained()
    (told,) = simple.receiver.received

    await simple.webhooks.deliveries.redeliver(hook.id, told.id)
    await simple.drained()

    assert [one.id for one in simple.receiver.received] == [told.id, told.id]


async def test_an_event_that_is_being_sent_is_not_begun_anew(simple: Stage) -> None:
    hook = await simple.hook()
    await simple.happened(await simple.user())
    (event,) = await simple.rows("outbox")
    await simple.webhooks.worker.round()

    with pytest.raises(Conflict):
        await simple.webhooks.deliveries.redeliver(hook.id, event["id"])
    await simple.drained()


async def test_events_of_other_hooks_are_none_of_a_hooks(simple: Stage) -> None:
    hook, other = await simple.hook("/one", events=["user.create"]), await simple.hook("/two")
    await simple.happened(await simple.user())
    (event,) = await simple.rows("outbox")
    for hook_id, event_id in ((hook.id, event["id"]), (other.id, hook.id), ("nobody", event["id"])):
        with pytest.raises(NotFound):
            await simple.webhooks.deliveries.redeliver(hook_id, event_id)


async def test_a_hook_that_is_switched_off_hears_nothing_and_what_waited_comes_when_it_is_back(simple: Stage) -> None:
    hook = await simple.hook()
    await simple.happened(await simple.user())
    await simple.webhooks.hooks.update(hook.id, HookChange(callback=hook.callback, events=("user",), enabled=False))
    await simple.happened(await simple.user())
    await simple.drained()
    told_meanwhile = list(simple.receiver.received)

    await simple.webhooks.hooks.update(hook.id, HookChange(callback=hook.callback, events=("user",), enabled=True))
    await simple.drained()

    assert told_meanwhile == []
    assert len(simple.receiver.received) == 1


async def test_event_that_cannot_be_spelled_is_given_up_like_any_other_and_those_behind_it_come(simple: Stage) -> None:
    """Whatever an older version wrote, or a bug of ours: nobody's events wait for it for good."""
    await simple.hook()
    alice = await simple.user()
    await simple.happened(alice)
    await simple.happened(alice)
    async with simple.store.transaction() as connection:
        await connection.execute("UPDATE outbox SET content = '{\"user\": 7}' WHERE seq = 1")

    with capture_logs() as log:
        for _ in range(60):
            simple.clock.advance(3600)
            await simple.drained()

    first, second = await simple.rows("deliveries")
    assert (first["state"], first["failure"], second["state"]) == ("given_up", "a fault of ours", "delivered")
    assert any(line.get("exc_info") for line in log)


def test_the_waits_grow_from_a_second_to_an_hour_and_fill_a_day() -> None:
    waits = [wait_after(attempt, chance=0.5) for attempt in range(1, MOST_ATTEMPTS)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == 3600
    assert 0.9 * 86_400 < sum(waits) < 1.1 * 86_400


@pytest.mark.parametrize("attempt", [1, 5, 12, 30])
def test_no_two_servers_need_come_back_at_the_same_time(attempt: int) -> None:
    middle = wait_after(attempt, chance=0.5)
    assert 1 <= wait_after(attempt, chance=0) <= middle <= wait_after(attempt, chance=1) <= middle * 1.25 + 1


def test_what_waited_for_a_day_behind_others_is_tried_a_few_times() -> None:
    assert not is_over(FEWEST_ATTEMPTS - 1, age=10 * 86_400)
    assert is_over(FEWEST_ATTEMPTS, age=86_400)
    assert not is_over(MOST_ATTEMPTS - 1, age=60)
    assert is_over(MOST_ATTEMPTS, age=60)
