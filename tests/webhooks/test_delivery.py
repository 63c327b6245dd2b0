"""At least once, in order for each user, with ids to drop repeats, whatever receivers and servers do meanwhile."""

import asyncio
import itertools
from pathlib import Path

import pytest
from starlette.responses import Response
from structlog.testing import capture_logs

from broker.events.catalogue import Event
from broker.events.webhooks.worker import LEASE_SECONDS, PER_HOOK
from tests.webhooks.receiver import Receiver, verified
from tests.webhooks.stage import Stage, staged


async def ids_of(stage: Stage, user_id: str) -> list[str]:
    """What was to be told about a user, in order."""
    return [row["id"] for row in await stage.rows("outbox") if row["user_id"] == user_id]


async def test_a_receiver_that_fails_for_a_minute_gets_everything_in_order_for_each_user(stage: Stage) -> None:
    await stage.hook()
    people = [await stage.user() for _ in range(5)]
    ends = stage.clock.now() + 60
    stage.receiver.answer = lambda _path: 500 if stage.clock.now() < ends else 204

    for _ in range(12):
        for person in people:
            await stage.happened(person)
        await stage.after(5)
    await stage.after(120)

    assert {row["state"] for row in await stage.rows("deliveries")} == {"delivered"}
    for person in people:
        assert stage.receiver.ids(person) == await ids_of(stage, person)
    jwks = await stage.jwks()
    for one in stage.receiver.received:
        claims = verified(one.body["token"], jwks)
        assert (claims["jti"], claims["evt"]) == (one.headers["x-webhook-id"], one.body["event"])


async def test_an_attempt_that_fails_is_made_again_under_the_same_id(stage: Stage) -> None:
    await stage.hook()
    answers = [500, 404, 200]
    stage.receiver.answer = lambda _path: answers.pop(0)

    await stage.happened(await stage.user())
    await stage.after(10)

    assert [one.status for one in stage.receiver.received] == [500, 404, 200]
    assert len({one.id for one in stage.receiver.received}) == 1


async def test_what_waits_behind_a_failure_of_the_same_user_is_not_told_before_it(stage: Stage) -> None:
    await stage.hook()
    alice, bob = await stage.user(), await stage.user()
    answers = [503]
    stage.receiver.answer = lambda _path: answers.pop() if answers else 200

    await stage.happened(alice)
    await stage.drained()
    await stage.happened(alice)
    await stage.happened(bob)
    await stage.drained()
    told_at_once = [one.user_id for one in stage.receiver.taken()]
    await stage.after(3)

    assert told_at_once == [bob]
    assert stage.receiver.ids(alice) == await ids_of(stage, alice)


async def test_two_servers_tell_it_once_while_the_lease_lives(
    stage: Stage, receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    await stage.hook()
    async with staged(tmp_path, receiver, database=database_url, clock=stage.clock) as other:
        receiver.held = asyncio.Event()
        await stage.happened(await stage.user())
        assert await stage.webhooks.worker.round() == 1
        await receiver.came.wait()
        assert await other.webhooks.worker.round() == 0
        receiver.held.set()
        await asyncio.gather(stage.drained(), other.drained())
    assert len(receiver.received) == 1


async def test_two_servers_share_the_work_and_tell_nothing_twice(
    stage: Stage, receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    await stage.hook()
    async with staged(tmp_path, receiver, database=database_url, clock=stage.clock) as other:
        for _ in range(20):
            await stage.happened(await stage.user())
        await asyncio.gather(stage.drained(), other.drained())
        await asyncio.gather(stage.drained(), other.drained())
    assert len(receiver.received) == len({one.id for one in receiver.received}) == 20


async def test_two_servers_and_a_moody_receiver_keep_the_order_of_each_user(
    stage: Stage, receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    """Each keeps its own account of how the hook does, and both write and tell at the same time."""
    mood = itertools.cycle([200, 500, 200, 200, 503, 404, 200])
    receiver.answer = lambda _path: next(mood)
    await stage.hook()
    people = [await stage.user() for _ in range(6)]
    async with staged(tmp_path, receiver, database=database_url, clock=stage.clock) as other:
        for _ in range(15):
            await asyncio.gather(*(server.happened(one) for one in people for server in (stage, other)))
            stage.clock.advance(1)
            await asyncio.gather(stage.drained(), other.drained())
        for _ in range(200):
            stage.clock.advance(5)
            await asyncio.gather(stage.drained(), other.drained())
    assert {row["state"] for row in await stage.rows("deliveries")} == {"delivered"}
    for person in people:
        assert receiver.ids(person) == await ids_of(stage, person)
    assert len(receiver.taken()) == len({one.id for one in receiver.taken()}) == 6 * 15 * 2


async def test_what_a_dead_server_had_in_its_hands_is_told_by_another_once_the_lease_is_over(
    stage: Stage, receiver: Receiver, tmp_path: Path, database_url: str
) -> None:
    await stage.hook()
    receiver.held = asyncio.Event()
    async with staged(tmp_path, receiver, database=database_url, clock=stage.clock) as dying:
        await dying.happened(await stage.user())
        assert await dying.webhooks.worker.round() == 1
        await receiver.came.wait()
        await dying.webhooks.worker.close(patience=0)
    never_answered, receiver.held = receiver.held, None

    await stage.drained()
    assert receiver.received == []
    await stage.after(LEASE_SECONDS + 1)

    assert len(receiver.taken()) == 1
    never_answered.set()


async def test_a_hook_that_keeps_us_waiting_holds_up_nobody_else(simple: Stage) -> None:
    await simple.hook("/slow")
    await simple.hook("/quick")
    slow = asyncio.Event()
    simple.receiver.held = None

    class Slow(Response):
        async def __call__(self, *given: object) -> None:
            await slow.wait()
            await super().__call__(*given)  # type: ignore[arg-type]

    simple.receiver.answer = lambda path: Slow(status_code=200) if path == "/slow" else 200
    for _ in range(PER_HOOK * 3):
        await simple.happened(await simple.user())
    while len(simple.receiver.taken("/quick")) < PER_HOOK * 3:
        await simple.webhooks.worker.round()
        await asyncio.sleep(0.002)

    assert len(simple.receiver.taken("/slow")) == PER_HOOK
    slow.set()
    await simple.drained()
    assert len(simple.receiver.taken("/slow")) == PER_HOOK * 3


async def test_a_hook_that_is_down_is_not_asked_about_everybody(simple: Stage) -> None:
    await simple.hook()
    simple.receiver.answer = lambda _path: 500
    for _ in range(40):
        await simple.happened(await simple.user())

    await simple.after(60)

    assert len(simple.receiver.received) < 40
    simple.receiver.answer = lambda _path: 200
    await simple.after(180)
    assert len(simple.receiver.taken()) == 40


async def test_a_hook_that_says_when_to_come_back_is_left_alone_until_then(simple: Stage) -> None:
    await simple.hook()
    simple.receiver.answer = lambda _path: Response(status_code=429, headers={"Retry-After": "50"})
    await simple.happened(await simple.user())
    await simple.happened(await simple.user())

    await simple.after(45)
    asked = len(simple.receiver.received)
    simple.receiver.answer = lambda _path: 200
    await simple.after(10)

    assert asked == 2
    assert len(simple.receiver.taken()) == 2


async def test_nobody_can_keep_us_away_for_longer_than_an_hour(simple: Stage) -> None:
    await simple.hook()
    simple.receiver.answer = lambda _path: Response(status_code=503, headers={"Retry-After": "999999999"})
    await simple.happened(await simple.user())
    await simple.drained()
    simple.receiver.answer = lambda _path: 200

    simple.clock.advance(3601)
    await simple.drained()

    assert len(simple.receiver.taken()) == 1


async def test_a_server_that_stops_lets_what_is_under_way_end(simple: Stage) -> None:
    await simple.hook()
    simple.receiver.held = asyncio.Event()
    await simple.happened(await simple.user())
    await simple.webhooks.worker.round()
    await simple.receiver.came.wait()

    asyncio.get_running_loop().call_soon(simple.receiver.held.set)
    await simple.webhooks.worker.close()

    assert [row["state"] for row in await simple.rows("deliveries")] == ["delivered"]


async def test_a_commit_wakes_the_worker_of_this_server(simple: Stage) -> None:
    await simple.hook()
    simple.broker.application.background(simple.broker.application._tell_webhooks())
    await simple.happened(await simple.user(), Event.ADDRESS_PROVEN)
    async with asyncio.timeout(5):
        await simple.receiver.came.wait()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(simple: Stage, status: int) -> None:
    await simple.hook()
    elsewhere = Response(status_code=status, headers={"Location": simple.receiver.url("/elsewhere")})
    simple.receiver.answer = lambda path: elsewhere if path == "/hook" else 200
    await simple.happened(await simple.user())
    await simple.drained()
    assert [one.path for one in simple.receiver.received] == ["/hook"]
    assert [row["failure"] for row in await simple.rows("deliveries")] == [f"HTTP {status}"]


async def test_the_url_of_a_hook_is_in_no_log_line(simple: Stage) -> None:
    await simple.hook("/a-secret-path?key=hush")
    simple.receiver.answer = lambda _path: 500
    with capture_logs() as log:
        await simple.happened(await simple.user())
        await simple.after(5)
    assert log
    assert "hush" not in str(log)
    assert "a-secret-path" not in str(log)
    assert "hush" not in repr(await simple.webhooks.hooks.list())
