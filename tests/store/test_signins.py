from broker.store import signins
from broker.store.base import Store
from broker.store.sessions import delete_session, insert_session
from tests.store.rows import NOW, a_code, a_session, stored_identity


async def test_a_state_is_consumed_once(store: Store) -> None:
    async with store.transaction() as c:
        assert not await signins.state_is_consumed(c, "a" * 64)
        assert await signins.consume_state(c, "a" * 64, now=NOW, expires_at=NOW + 900)
        assert await signins.state_is_consumed(c, "a" * 64)
        assert not await signins.consume_state(c, "a" * 64, now=NOW, expires_at=NOW + 900)
        assert await signins.consume_state(c, "b" * 64, now=NOW, expires_at=NOW + 900)


async def test_a_code_can_be_looked_at_and_is_then_taken_once(store: Store) -> None:
    identity = await stored_identity(store)
    made = a_code(identity, code_challenge="challenge", emulator=True)
    async with store.transaction() as c:
        await signins.insert_code(c, made)
        assert await signins.code(c, made.code_hash) == made
        assert await signins.take_code(c, made.code_hash) == made
        assert await signins.take_code(c, made.code_hash) is None
        assert await signins.code(c, made.code_hash) is None


async def test_failures_are_counted_as_long_as_the_code_is_there(store: Store) -> None:
    made = a_code(await stored_identity(store))
    async with store.transaction() as c:
        await signins.insert_code(c, made)
        assert [await signins.count_failure(c, made.code_hash) for _ in range(3)] == [1, 2, 3]
        taken = await signins.take_code(c, made.code_hash)
        assert taken is not None
        assert taken.failures == 3
        assert await signins.count_failure(c, made.code_hash) == 0


async def test_a_code_goes_with_the_session_that_it_would_hand_over(store: Store) -> None:
    identity = await stored_identity(store)
    own = a_session(identity.user_id)
    async with store.transaction() as c:
        await insert_session(c, own)
        await signins.insert_code(c, a_code(identity, session_id=own.id))
        await delete_session(c, own.id)
        assert await signins.take_code(c, "c" * 64) is None


async def test_what_has_expired_is_dropped(store: Store) -> None:
    identity = await stored_identity(store)
    async with store.transaction() as c:
        await signins.consume_state(c, "a" * 64, now=NOW, expires_at=NOW + 10)
        await signins.consume_state(c, "b" * 64, now=NOW, expires_at=NOW + 11)
        await signins.insert_code(c, a_code(identity, "d" * 64, expires_at=NOW + 10))
        await signins.insert_code(c, a_code(identity, "e" * 64, expires_at=NOW + 11))
        assert await signins.delete_expired_signins(c, now=NOW + 10) == 2
        assert not await signins.state_is_consumed(c, "a" * 64)
        assert await signins.state_is_consumed(c, "b" * 64)
        assert await signins.code(c, "e" * 64) is not None
