from dataclasses import replace

from broker.store import sessions
from broker.store.base import Store
from tests.store.rows import NOW, a_session, stored_identity, stored_user


async def test_a_session_comes_back_as_it_was_stored(store: Store) -> None:
    identity = await stored_identity(store)
    full = a_session(identity.user_id, identity_id=identity.id, emulator=True)
    bare = a_session(identity.user_id, sign_in_hash=None, user_agent=None, ip_address=None)
    async with store.transaction() as c:
        for each in (full, bare):
            await sessions.insert_session(c, each)
    async with store.read() as c:
        assert await sessions.session(c, full.id) == full
        found = await sessions.session(c, bare.id)
        assert found == bare
        assert found.emulator is False
        assert await sessions.session(c, "none") is None


async def test_only_unexpired_sessions_of_a_user_are_listed_newest_first(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    older, newer = a_session(alice.id), a_session(alice.id, created_at=NOW + 1)
    expired = a_session(alice.id, expires_at=NOW + 100)
    async with store.transaction() as c:
        for each in (older, newer, expired, a_session(bob.id)):
            await sessions.insert_session(c, each)
    async with store.read() as c:
        assert await sessions.sessions_of(c, alice.id, now=NOW + 100) == [newer, older]
        assert len(await sessions.sessions_of(c, alice.id, now=NOW + 99)) == 3


async def test_all_sessions_are_listed_page_by_page(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    made = [a_session(user.id) for user in (alice, bob, alice, bob, alice)]
    async with store.transaction() as c:
        for each in made:
            await sessions.insert_session(c, each)
    async with store.read() as c:
        page = await sessions.list_sessions(c, limit=3)
        assert page + await sessions.list_sessions(c, after=page[-1].id) == made
        assert await sessions.list_sessions(c, user_id=alice.id) == made[::2]
        assert await sessions.list_sessions(c, user_id=alice.id, after=made[0].id, limit=1) == [made[2]]


async def test_the_oldest_sessions_give_way_and_expired_ones_do_not_count(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    made = [a_session(alice.id, created_at=NOW + age) for age in range(5)]
    made[4] = replace(made[4], expires_at=NOW + 10)
    other = a_session(bob.id)
    async with store.transaction() as c:
        for each in (*made, other):
            await sessions.insert_session(c, each)
        ended = await sessions.evict_oldest(c, alice.id, keep=2, now=NOW + 10)
    assert sorted(each.id for each in ended) == sorted([made[0].id, made[1].id])
    async with store.read() as c:
        assert await sessions.sessions_of(c, alice.id, now=NOW + 10) == [made[3], made[2]]
        assert await sessions.session(c, other.id) == other


async def test_sessions_of_one_second_give_way_by_their_ids(store: Store) -> None:
    alice = await stored_user(store)
    first, second = a_session(alice.id), a_session(alice.id)
    async with store.transaction() as c:
        for each in (second, first):
            await sessions.insert_session(c, each)
        assert await sessions.evict_oldest(c, alice.id, keep=1, now=NOW) == [first]
        assert await sessions.evict_oldest(c, alice.id, keep=1, now=NOW) == []


async def test_the_time_of_last_use_never_goes_back(store: Store) -> None:
    alice = await stored_user(store)
    own = a_session(alice.id)
    async with store.transaction() as c:
        await sessions.insert_session(c, own)
        await sessions.touch_session(c, own.id, now=NOW + 60)
        await sessions.touch_session(c, own.id, now=NOW + 30)
        assert await sessions.session(c, own.id) == replace(own, last_used_at=NOW + 60)


async def test_a_session_is_deleted_once_and_only_by_its_own_user(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    own, second = a_session(alice.id), a_session(alice.id)
    async with store.transaction() as c:
        for each in (own, second):
            await sessions.insert_session(c, each)
        assert await sessions.delete_session(c, own.id, user_id=bob.id) is None
        assert await sessions.delete_session(c, own.id, user_id=alice.id) == own
        assert await sessions.delete_session(c, own.id, user_id=alice.id) is None
        assert await sessions.delete_session(c, second.id) == second


async def test_all_sessions_of_a_user_end_at_once(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    own, other = [a_session(alice.id), a_session(alice.id)], a_session(bob.id)
    async with store.transaction() as c:
        for each in (*own, other):
            await sessions.insert_session(c, each)
        ended = await sessions.delete_sessions_of(c, alice.id)
        assert sorted(each.id for each in ended) == [each.id for each in own]
        assert await sessions.list_sessions(c) == [other]


async def test_what_has_expired_or_lain_idle_is_dropped(store: Store) -> None:
    alice = await stored_user(store)
    expired = a_session(alice.id, expires_at=NOW)
    idle = a_session(alice.id, last_used_at=NOW - 100)
    fresh = a_session(alice.id, last_used_at=NOW - 99)
    async with store.transaction() as c:
        for each in (expired, idle, fresh):
            await sessions.insert_session(c, each)
        assert await sessions.delete_expired_sessions(c, now=NOW, idle_before=None) == 1
        assert await sessions.delete_expired_sessions(c, now=NOW, idle_before=NOW - 99) == 1
        assert await sessions.list_sessions(c) == [fresh]
