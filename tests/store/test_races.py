"""What two replicas, or two requests of one, may not do to each other. Every test has two stores on one database."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from broker.errors import NotUnique
from broker.store import keys, sessions, signins, users
from broker.store.base import Connection, Store
from broker.store.identities import insert_identity
from tests.databases import open_test_store
from tests.store.rows import NOW, a_code, a_session, a_user, an_email, an_identity, stored_identity, stored_user
from tests.store.test_keys import a_signing_key

Answer = TypeVar("Answer")


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


async def at_once(
    replicas: Sequence[Store], count: int, work: Callable[[Connection], Awaitable[Answer]]
) -> list[Answer | BaseException]:
    """The same transaction so many times at the same time, by turns on either replica."""

    async def once(store: Store) -> Answer:
        async with store.transaction() as c:
            return await work(c)

    stores = itertools.islice(itertools.cycle(replicas), count)
    async with asyncio.timeout(30):
        return await asyncio.gather(*(once(store) for store in stores), return_exceptions=True)


@pytest.mark.parametrize("count", [2, 20])
async def test_one_state_is_consumed_by_one_callback(replicas: Sequence[Store], count: int) -> None:
    answers = await at_once(
        replicas, count, lambda c: signins.consume_state(c, "a" * 64, now=NOW, expires_at=NOW + 900)
    )
    assert sorted(answers, key=str) == [False] * (count - 1) + [True]


@pytest.mark.parametrize("count", [2, 20])
async def test_two_first_sign_ins_of_one_person_make_one_user(replicas: Sequence[Store], count: int) -> None:
    async def first_sign_in(c: Connection) -> str:
        user = a_user()
        await users.insert_user(c, user)
        await users.insert_email(c, an_email(user.id, f"{user.id}@alder.example"))
        await insert_identity(c, an_identity(user.id))
        return user.id

    answers = await at_once(replicas, count, first_sign_in)
    assert sum(isinstance(answer, NotUnique) for answer in answers) == count - 1
    (winner,) = [answer for answer in answers if isinstance(answer, str)]
    async with replicas[0].read() as c:
        (profile,) = await users.profiles(c)
        (row,) = await c.fetch_all("SELECT count(*) AS emails FROM emails")
    assert profile.user.id == winner
    assert len(profile.identities) == 1
    assert row["emails"] == 1


async def test_one_address_is_won_by_one_user(replicas: Sequence[Store]) -> None:
    everybody = [await stored_user(replicas[0]) for _ in range(8)]
    waiting = iter(everybody)

    async def takes_the_address(c: Connection) -> None:
        await users.insert_email(c, an_email(next(waiting).id))

    answers = await at_once(replicas, len(everybody), takes_the_address)
    assert answers.count(None) == 1
    assert sum(isinstance(answer, NotUnique) for answer in answers) == len(everybody) - 1


async def test_the_limit_of_sessions_holds_however_many_sign_in_at_once(replicas: Sequence[Store]) -> None:
    alice = await stored_user(replicas[0])

    async def sign_in(c: Connection) -> None:
        assert await users.lock_user_row(c, alice.id) is not None
        await sessions.insert_session(c, a_session(alice.id))
        await sessions.evict_oldest(c, alice.id, keep=3, now=NOW)
        assert len(await sessions.sessions_of(c, alice.id, now=NOW)) <= 3

    assert await at_once(replicas, 24, sign_in) == [None] * 24
    async with replicas[0].read() as c:
        assert len(await sessions.sessions_of(c, alice.id, now=NOW)) == 3


async def test_one_code_is_redeemed_by_one_of_twenty(replicas: Sequence[Store]) -> None:
    made = a_code(await stored_identity(replicas[0]))
    async with replicas[0].transaction() as c:
        await signins.insert_code(c, made)
    answers = await at_once(replicas, 20, lambda c: signins.take_code(c, made.code_hash))
    assert answers.count(made) == 1
    assert answers.count(None) == 19


async def test_no_wrong_verifier_goes_uncounted(replicas: Sequence[Store]) -> None:
    made = a_code(await stored_identity(replicas[0]))
    async with replicas[0].transaction() as c:
        await signins.insert_code(c, made)
    answers = await at_once(replicas, 20, lambda c: signins.count_failure(c, made.code_hash))
    assert sorted(answers, key=int) == list(range(1, 21))  # type: ignore[arg-type] # an exception here is a failure


async def test_two_rotations_at_once_rotate_once(replicas: Sequence[Store]) -> None:
    async with replicas[0].transaction() as c:
        await keys.insert_signing_key(c, a_signing_key("old"))
        await keys.insert_signing_key(c, a_signing_key("new", state="next", activated_at=None))
    fresh = itertools.count()

    async def rotate(c: Connection) -> bool:
        await keys.lock_keys(c)
        if not await keys.change_key_state(c, "old", state="retired", retired_at=NOW, expected="current"):
            return False
        await keys.change_key_state(c, "new", state="current", activated_at=NOW, expected="next")
        await keys.insert_signing_key(c, a_signing_key(f"fresh{next(fresh)}", state="next", activated_at=None))
        return True

    assert sorted(await at_once(replicas, 4, rotate), key=str) == [False, False, False, True]
    async with replicas[0].read() as c:
        found = {key.kid: key.state for key in await keys.signing_keys(c)}
    assert found == {"old": "retired", "new": "current", "fresh0": "next"}


async def test_whoever_locks_the_row_of_a_user_is_alone_with_them(replicas: Sequence[Store]) -> None:
    alice = await stored_user(replicas[0], name="0")
    inside = 0

    async def count_up(c: Connection) -> None:
        nonlocal inside
        found = await users.lock_user_row(c, alice.id)
        assert found is not None
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        await users.update_profile(
            c, alice.id, name=str(int(found.name or "0") + 1), given_name=None, family_name=None, now=NOW
        )
        inside -= 1

    assert await at_once(replicas, 16, count_up) == [None] * 16
    async with replicas[0].read() as c:
        found = await users.user(c, alice.id)
    assert found is not None
    assert found.name == "16"


async def test_a_session_revoked_on_one_replica_is_gone_on_the_other(replicas: Sequence[Store]) -> None:
    first, second = replicas
    alice = await stored_user(first)
    for _ in range(20):
        own = a_session(alice.id)
        async with first.transaction() as c:
            await sessions.insert_session(c, own)
        async with second.read() as c:
            assert await sessions.session(c, own.id) == own
        async with first.transaction() as c:
            await sessions.delete_session(c, own.id)
        async with second.read() as c:
            assert await sessions.session(c, own.id) is None


async def test_no_session_is_left_of_a_user_who_is_being_deleted(replicas: Sequence[Store]) -> None:
    """Either the sign-in comes first and its session goes with the user, or it finds nobody."""

    async def sign_in(c: Connection) -> bool:
        if await users.lock_user_row(c, alice.id) is None:
            return False
        await asyncio.sleep(0)
        await sessions.insert_session(c, a_session(alice.id))
        return True

    async def delete(c: Connection) -> bool:
        return await users.delete_user(c, alice.id)

    for _ in range(10):
        alice = await stored_user(replicas[0])
        signed_in, deleted = await asyncio.gather(at_once(replicas[1:], 2, sign_in), at_once(replicas, 1, delete))
        assert deleted == [True]
        assert all(isinstance(answer, bool) for answer in signed_in)
        async with replicas[0].read() as c:
            assert await sessions.list_sessions(c) == []
