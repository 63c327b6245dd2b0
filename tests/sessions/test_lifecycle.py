"""Sessions from issue to end: the row decides, the token only proves."""

from dataclasses import replace

import pytest

from broker.errors import NotAuthenticated, NotFound
from broker.models.users import UserProfile
from broker.sessions.lifecycle import TOUCH_SECONDS, Limits
from broker.store import sessions as rows
from broker.store import users
from broker.store.base import Store
from tests.sessions.stage import LIMITS, Stage, a_member, a_stage
from tests.store.rows import NOW, a_session


async def test_a_session_is_a_row_and_a_token_that_names_it(stage: Stage, alice: UserProfile) -> None:
    session, token = await stage.issued(alice)
    assert (session.user_id, session.identity_id) == (alice.user.id, alice.identities[0].id)
    assert (session.created_at, session.last_used_at, session.expires_at) == (NOW, NOW, NOW + 43_200)
    assert (session.user_agent, session.ip_address, session.sign_in_hash) == ("Firefox", "192.0.2.7", "5" * 64)
    live = await stage.sessions.check(token)
    assert live.session == session
    assert live.claims.claims == {
        "aud": ["localhost"],
        "exp": NOW + 43_200,
        "iat": NOW,
        "iss": "http://localhost:8000",
        "session_id": session.id,
        "sub": alice.user.id,
    }


async def test_a_session_lives_until_its_end_and_not_a_second_longer(stage: Stage, alice: UserProfile) -> None:
    _, token = await stage.issued(alice)
    stage.clock.advance(LIMITS.lifespan - 1)
    await stage.sessions.check(token)
    stage.clock.advance(1)
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)


async def test_an_expired_row_is_refused_whatever_its_token_says(stage: Stage, alice: UserProfile) -> None:
    session, _ = await stage.issued(alice)
    longer = stage.sessions.token_for(replace(session, expires_at=session.expires_at + 3600), alice)
    await stage.sessions.check(longer)
    stage.clock.advance(LIMITS.lifespan)
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(longer)


@pytest.mark.parametrize("how", ["ended", "user deleted", "identity of another user"])
async def test_a_token_without_its_row_is_worth_nothing(stage: Stage, alice: UserProfile, how: str) -> None:
    session, token = await stage.issued(alice)
    await stage.sessions.check(token)
    if how == "ended":
        await stage.sessions.end(session.id, user_id=alice.user.id, reason="logout")
    elif how == "user deleted":
        async with stage.store.transaction() as c:
            await users.delete_user(c, alice.user.id)
    else:
        token = stage.sessions.token_for(session, await a_member(stage.store, "bob"))
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)


async def test_a_session_ended_on_one_replica_is_refused_on_the_other_at_once(stage: Stage, alice: UserProfile) -> None:
    other = await a_stage(stage.store, clock=stage.clock)
    session, token = await stage.issued(alice)
    await other.sessions.check(token)
    await stage.sessions.end(session.id, user_id=None, reason="revoked")
    with pytest.raises(NotAuthenticated):
        await other.sessions.check(token)


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_oldest_sessions_end_at_the_limit_and_the_new_one_stays(store: Store, limit: int) -> None:
    stage, alice = await a_stage(store, limits=replace(LIMITS, most_per_user=limit)), await a_member(store)
    bob, bobs_token = await stage.issued(await a_member(store, "bob"))
    made = []
    for _ in range(limit + 2):
        made.append(await stage.issued(alice))
        stage.clock.advance(1)
    assert [one.id for one in await stage.sessions.list_of(alice.user.id)] == [
        session.id for session, _ in reversed(made[2:])
    ]
    assert await stage.ended() == [(made[0][0].id, "limit"), (made[1][0].id, "limit")]
    assert (await stage.sessions.check(bobs_token)).session == bob


async def test_a_new_session_stays_though_the_others_were_made_by_a_clock_that_is_ahead(store: Store) -> None:
    stage, alice = await a_stage(store, limits=replace(LIMITS, most_per_user=1)), await a_member(store)
    async with store.transaction() as c:
        await rows.insert_session(c, a_session(alice.user.id, created_at=NOW + 5))
    session, token = await stage.issued(alice)
    assert [one.id for one in await stage.sessions.list_of(alice.user.id)] == [session.id]
    await stage.sessions.check(token)


async def test_sessions_of_one_moment_end_in_the_order_of_their_making(stage: Stage, alice: UserProfile) -> None:
    made = [await stage.issued(alice) for _ in range(8)]
    assert [one.id for one in await stage.sessions.list_of(alice.user.id)] == [
        session.id for session, _ in reversed(made[3:])
    ]


async def test_use_is_written_down_once_a_minute(stage: Stage, alice: UserProfile) -> None:
    _, token = await stage.issued(alice)
    live = await stage.sessions.check(token)
    stage.clock.advance(TOUCH_SECONDS - 1)
    assert (await stage.sessions.touch(live)).session.last_used_at == NOW
    stage.clock.advance(1)
    touched = await stage.sessions.touch(live)
    assert touched.session.last_used_at == NOW + TOUCH_SECONDS
    assert (await stage.sessions.check(token)).session == touched.session
    assert (touched.claims, touched.token) == (live.claims, token)


async def test_a_session_that_ended_meanwhile_is_not_touched(stage: Stage, alice: UserProfile) -> None:
    session, token = await stage.issued(alice)
    live = await stage.sessions.check(token)
    stage.clock.advance(TOUCH_SECONDS)
    await stage.sessions.end(session.id, user_id=None, reason="logout")
    with pytest.raises(NotAuthenticated):
        await stage.sessions.touch(live)


async def test_an_idle_session_is_refused_and_one_in_use_is_not(store: Store) -> None:
    stage, alice = await a_stage(store, limits=replace(LIMITS, idle_timeout=600)), await a_member(store)
    _, token = await stage.issued(alice)
    for _ in range(3):
        stage.clock.advance(599)
        await stage.sessions.touch(await stage.sessions.check(token))
    stage.clock.advance(600)
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)
    assert await stage.sessions.list_of(alice.user.id) == []


async def test_a_short_idle_limit_is_touched_often_enough(store: Store) -> None:
    stage, alice = await a_stage(store, limits=replace(LIMITS, idle_timeout=5)), await a_member(store)
    _, token = await stage.issued(alice)
    for _ in range(6):
        stage.clock.advance(4)
        await stage.sessions.touch(await stage.sessions.check(token))


async def test_a_check_that_finds_a_session_idle_does_not_end_one_that_is_used_in_that_moment(store: Store) -> None:
    limits = replace(LIMITS, idle_timeout=600)
    stage, alice = await a_stage(store, limits=limits), await a_member(store)
    session, token = await stage.issued(alice)
    stage.clock.advance(600)
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)
    async with store.transaction() as c:
        await rows.touch_session(c, session.id, now=NOW + 599)  # a replica whose request came a second before
    await stage.sessions.check(token)


def test_idle_time_ends_with_the_session() -> None:
    limits = Limits(lifespan=3600, idle_timeout=600, most_per_user=5)
    session = a_session("alice", last_used_at=NOW, expires_at=NOW + 100)
    assert limits.idle_expires_at(session) == NOW + 100
    assert limits.idle_expires_at(replace(session, expires_at=NOW + 3600)) == NOW + 600
    assert replace(limits, idle_timeout=None).idle_expires_at(session) is None


async def test_only_living_sessions_of_the_user_are_listed_newest_first(stage: Stage, alice: UserProfile) -> None:
    bob = await a_member(stage.store, "bob")
    made = []
    for user in (alice, bob, alice):
        made.append((await stage.issued(user))[0])
        stage.clock.advance(1)
    emulated, _ = await stage.issued(alice, emulator=True)
    assert await stage.sessions.list_of(alice.user.id) == [made[2], made[0]]
    assert emulated not in await stage.sessions.list_of(alice.user.id)
    stage.clock.advance(LIMITS.lifespan - 2)
    assert await stage.sessions.list_of(alice.user.id) == [made[2]]
    stage.clock.advance(1)
    assert await stage.sessions.list_of(alice.user.id) == []


async def test_a_session_is_ended_by_its_own_user_only_and_once(stage: Stage, alice: UserProfile) -> None:
    session, token = await stage.issued(alice)
    bob = await a_member(stage.store, "bob")
    with pytest.raises(NotFound):
        await stage.sessions.end(session.id, user_id=bob.user.id, reason="revoked")
    await stage.sessions.check(token)
    await stage.sessions.end(session.id, user_id=alice.user.id, reason="revoked")
    with pytest.raises(NotFound):
        await stage.sessions.end(session.id, user_id=alice.user.id, reason="revoked")
    assert await stage.ended() == [(session.id, "revoked")]


async def test_an_emulators_session_is_refused_wherever_no_emulator_stands_in(store: Store, alice: UserProfile) -> None:
    """The very database of a development server, opened by one that has credentials."""
    staging = await a_stage(store, emulated=("microsoft",))
    session, token = await staging.issued(alice, emulator=True)
    assert (await staging.sessions.check(token)).session == session
    assert await staging.sessions.list_of(alice.user.id) == [session]
    public = await a_stage(store)
    with pytest.raises(NotAuthenticated):
        await public.sessions.check(token)
    elsewhere = await a_stage(store, emulated=("custom_other",))
    with pytest.raises(NotAuthenticated):
        await elsewhere.sessions.check(token)
