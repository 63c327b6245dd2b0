"""The operator's hand on the keys: next becomes current, current retires, and nothing that is in use breaks."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import Conflict, NotAuthenticated, NotFound
from broker.models.keys import SigningKey
from broker.models.users import UserProfile
from broker.sessions.keyring import FOLLOW_SECONDS
from broker.sessions.rotation import PUBLISH_SECONDS, SIGNING_TAIL_SECONDS, Rotated, Rotation, new_key
from broker.store import audit
from broker.store.base import Store
from broker.store.keys import delete_signing_key
from tests.sessions.stage import LIMITS, SECRET, Stage, a_stage
from tests.sessions.watched import WatchedStore
from tests.store.rows import NOW


def a_rotation(store: Store, clock: FrozenClock | None = None) -> Rotation:
    return Rotation(store, SecretKeys([SECRET]), clock or FrozenClock(NOW), algorithm="ES256")


async def by_state(rotation: Rotation) -> dict[str, SigningKey]:
    return {row.state: row for row in await rotation.list()}


async def key_events(store: Store) -> list[tuple[str, object, str]]:
    async with store.read() as c:
        found = [one for one in reversed(await audit.entries(c)) if one.type.startswith("key.")]
    return [(one.type, one.detail["kid"], one.actor) for one in found]


async def test_an_empty_database_gets_one_key_that_signs_and_one_to_come(store: Store) -> None:
    rotation = a_rotation(store)
    made = await rotation.ensure()
    found = {row.state: row for row in made}
    assert set(found) == {"current", "next"}
    assert (found["current"].activated_at, found["next"].activated_at) == (NOW, None)
    assert await rotation.ensure() == made
    assert "PRIVATE" not in found["current"].sealed_private
    assert {event[:2] for event in await key_events(store)} == {("key.created", row.kid) for row in made}


async def test_four_servers_that_start_at_once_make_one_set_of_keys(replicas: Sequence[Store]) -> None:
    made = await asyncio.gather(*(a_rotation(replicas[number % 2]).ensure() for number in range(4)))
    assert all({row.kid for row in rows} == {row.kid for row in made[0]} for rows in made)
    assert sorted(row.state for row in made[0]) == ["current", "next"]
    assert len(await key_events(replicas[0])) == 2


async def test_what_is_missing_is_made(stage: Stage) -> None:
    before = await by_state(stage.rotation)
    async with stage.store.transaction() as c:
        await delete_signing_key(c, before["next"].kid)
    after = {row.state: row for row in await stage.rotation.ensure()}
    assert after["current"] == before["current"]
    assert after["next"].kid != before["next"].kid


@pytest.mark.parametrize(
    ("age", "sentence"),
    [(0, "15 min 0 s"), (1, "14 min 59 s"), (PUBLISH_SECONDS - 59, "59 s"), (PUBLISH_SECONDS - 1, "1 s")],
)
async def test_a_key_does_not_sign_before_every_backend_can_know_it(stage: Stage, age: int, sentence: str) -> None:
    before = await stage.rotation.list()
    stage.clock.advance(age)
    with pytest.raises(Conflict, match=sentence):
        await stage.rotation.rotate()
    assert await stage.rotation.list() == before


async def test_after_a_quarter_of_an_hour_the_keys_turn(stage: Stage) -> None:
    before = await by_state(stage.rotation)
    stage.clock.advance(PUBLISH_SECONDS)
    rotated = await stage.rotation.rotate()
    after = await by_state(stage.rotation)
    assert rotated == Rotated(current=before["next"].kid, next=after["next"].kid)
    at = NOW + PUBLISH_SECONDS
    assert after["retired"] == replace(before["current"], state="retired", retired_at=at)
    assert after["current"] == replace(before["next"], state="current", activated_at=at)
    assert (after["next"].created_at, after["next"].activated_at) == (at, None)
    assert (await key_events(stage.store))[2:] == [
        ("key.created", after["next"].kid, "operator"),
        ("key.rotated", after["current"].kid, "operator"),
    ]
    with pytest.raises(Conflict):
        await stage.rotation.rotate()


async def test_in_an_emergency_the_keys_turn_at_once(stage: Stage) -> None:
    before = await by_state(stage.rotation)
    assert (await stage.rotation.rotate(now=True)).current == before["next"].kid


@pytest.mark.parametrize("now", [False, True])
async def test_two_rotations_at_once_are_one(replicas: Sequence[Store], now: bool) -> None:
    """The second would let a key sign that was published a moment ago; --now does not ask for that."""
    clock, watched = FrozenClock(NOW), [WatchedStore(store) for store in replicas]
    rotations = [a_rotation(store, clock) for store in watched]
    before = {row.state: row for row in await rotations[0].ensure()}
    clock.advance(PUBLISH_SECONDS)
    watched[0].together = watched[1].together = asyncio.Barrier(2)
    answers = await asyncio.gather(*(one.rotate(now=now) for one in rotations), return_exceptions=True)
    watched[0].together = watched[1].together = None
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Rotated"]
    after = await by_state(rotations[0])
    assert after["current"].kid == before["next"].kid
    assert len(await rotations[0].list()) == 3


async def test_a_retired_key_is_kept_until_its_sessions_have_ended(stage: Stage, alice: UserProfile) -> None:
    old = (await by_state(stage.rotation))["current"].kid
    session, token = await stage.issued(alice)
    await stage.rotated()
    stage.clock.advance(3600)
    with pytest.raises(Conflict, match="1 sessions live by key"):
        await stage.rotation.retire(old)
    await stage.sessions.check(token)
    stage.clock.advance(LIMITS.lifespan)
    assert await stage.rotation.retire(old) == 0
    assert old not in {row.kid for row in await stage.rotation.list()}
    assert (await key_events(stage.store))[-1] == ("key.retired", old, "operator")
    assert (session.id, "key_retired") not in await stage.ended()


async def test_whoever_insists_ends_the_sessions_of_a_key_and_no_others(stage: Stage, alice: UserProfile) -> None:
    old = (await by_state(stage.rotation))["current"].kid
    session, token = await stage.issued(alice)
    await stage.rotated()
    stage.clock.advance(SIGNING_TAIL_SECONDS + 1)
    _, newer = await stage.issued(alice)
    assert await stage.rotation.retire(old, end_sessions=True) == 1
    assert await stage.ended() == [(session.id, "key_retired")]
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)
    await stage.sessions.check(newer)


async def test_a_session_signed_by_a_server_that_had_not_followed_counts_for_the_old_key(
    store: Store, alice: UserProfile
) -> None:
    operator = await a_stage(store)
    late = await a_stage(store, clock=operator.clock)
    old = (await by_state(operator.rotation))["current"].kid
    await operator.rotated()
    operator.clock.advance(FOLLOW_SECONDS)
    session, _ = await late.issued(alice)
    operator.clock.advance(3600)
    with pytest.raises(Conflict, match="sessions live"):
        await operator.rotation.retire(old)
    assert await operator.rotation.retire(old, end_sessions=True) == 1
    assert await operator.ended() == [(session.id, "key_retired")]


async def test_a_session_signed_for_again_when_its_code_was_redeemed_counts_for_the_new_key(
    stage: Stage, alice: UserProfile
) -> None:
    stage.clock.advance(PUBLISH_SECONDS - 59)
    session, _ = await stage.issued(alice)
    stage.clock.advance(59)
    await stage.rotation.rotate()
    await stage.keyring.refresh()
    current = (await by_state(stage.rotation))["current"].kid
    token = stage.sessions.token_for(session, alice)
    await stage.rotated()
    stage.clock.advance(SIGNING_TAIL_SECONDS)
    with pytest.raises(Conflict, match="sessions live"):
        await stage.rotation.retire(current)
    await stage.sessions.check(token)


async def test_a_key_that_a_server_may_still_sign_with_is_not_retired(stage: Stage) -> None:
    """A sign-in that ends there in the next seconds would get a token that nobody accepts."""
    old = (await by_state(stage.rotation))["current"].kid
    await stage.rotated()
    stage.clock.advance(SIGNING_TAIL_SECONDS - 1)
    with pytest.raises(Conflict, match="retire it in 1 s"):
        await stage.rotation.retire(old)
    stage.clock.advance(1)
    assert await stage.rotation.retire(old) == 0


async def test_only_a_retired_key_can_be_retired_for_good(stage: Stage) -> None:
    for state in ("current", "next"):
        with pytest.raises(Conflict, match=f"is {state}"):
            await stage.rotation.retire((await by_state(stage.rotation))[state].kid, end_sessions=True)
    with pytest.raises(NotFound):
        await stage.rotation.retire("no such key")


async def test_rotations_and_retirements_leave_a_deployment_that_starts(store: Store, alice: UserProfile) -> None:
    stage = await a_stage(store)
    signed = []
    for _ in range(3):
        stage.clock.advance(SIGNING_TAIL_SECONDS + 1)
        signed.append(((await by_state(stage.rotation))["current"].kid, (await stage.issued(alice))[1]))
        await stage.rotated()
    stage.clock.advance(SIGNING_TAIL_SECONDS)
    for kid, _ in signed[:2]:
        await stage.rotation.retire(kid, end_sessions=True)
    again = await a_stage(store, clock=stage.clock)
    assert len(await again.rotation.list()) == 3
    await again.sessions.check(signed[2][1])
    for _, token in signed[:2]:
        with pytest.raises(NotAuthenticated):
            await again.sessions.check(token)


def test_no_key_has_a_name_that_a_command_line_reads_as_an_option() -> None:
    names = [new_key("EdDSA")[1] for _ in range(500)]
    assert [name for name in names if name.startswith("-")] == []
