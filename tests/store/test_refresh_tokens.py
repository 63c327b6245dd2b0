"""Families of refresh tokens: what is kept of them, and that none outlives its session, however that ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from broker.errors import NotUnique
from broker.models.refresh_tokens import RefreshFamily, RefreshToken
from broker.models.sessions import Session
from broker.store import refresh_tokens, sessions, users
from broker.store.base import Connection, Store
from broker.store.identities import delete_identity
from tests.databases import open_test_store
from tests.store.rows import NOW, a_session, stored_identity

FIRST, SECOND = "1" * 64, "2" * 64


def a_family(session_id: str) -> RefreshFamily:
    return RefreshFamily(session_id=session_id, client_id="client_demo", confidential=True, sealed_key="1.sealed.key")


def a_token(session_id: str, token_hash: str = FIRST) -> RefreshToken:
    return RefreshToken(token_hash=token_hash, session_id=session_id, created_at=NOW)


async def stored_family(store: Store) -> Session:
    """A session of somebody new, with a family of one token."""
    identity = await stored_identity(store)
    session = a_session(identity.user_id, identity_id=identity.id)
    async with store.transaction() as c:
        await sessions.insert_session(c, session)
        await refresh_tokens.insert_family(c, a_family(session.id))
        await refresh_tokens.insert_token(c, a_token(session.id))
    return session


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


async def test_a_token_leads_to_its_family(store: Store) -> None:
    session = await stored_family(store)
    async with store.read() as c:
        assert await refresh_tokens.family_of(c, FIRST) == a_family(session.id)
        assert await refresh_tokens.token(c, FIRST) == a_token(session.id)
        assert await refresh_tokens.family_of(c, SECOND) is None
        assert await refresh_tokens.token(c, SECOND) is None


async def test_a_token_is_used_once_and_the_first_use_is_remembered(store: Store) -> None:
    session = await stored_family(store)
    async with store.transaction() as c:
        assert await refresh_tokens.rotate_token(c, FIRST, now=NOW + 5, rotated_by="k" * 64)
        assert not await refresh_tokens.rotate_token(c, FIRST, now=NOW + 9, rotated_by=None)
        used = replace(a_token(session.id), rotated_at=NOW + 5, rotated_by="k" * 64)
        assert await refresh_tokens.token(c, FIRST) == used


async def test_no_token_is_in_two_families(store: Store) -> None:
    session = await stored_family(store)
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await refresh_tokens.insert_token(c, a_token(session.id))


async def test_a_familys_key_changes_its_seal(store: Store) -> None:
    session = await stored_family(store)
    async with store.transaction() as c:
        await refresh_tokens.reseal_family(c, session.id, "1.other.key")
        assert await refresh_tokens.family_of(c, FIRST) == replace(a_family(session.id), sealed_key="1.other.key")


async def test_what_was_used_up_long_ago_is_forgotten_and_what_is_in_use_is_not(store: Store) -> None:
    session = await stored_family(store)
    async with store.transaction() as c:
        await refresh_tokens.rotate_token(c, FIRST, now=NOW, rotated_by=None)
        await refresh_tokens.insert_token(c, a_token(session.id, SECOND))
        assert await refresh_tokens.delete_rotated_tokens(c, before=NOW) == 0
        assert await refresh_tokens.delete_rotated_tokens(c, before=NOW + 1) == 1
        assert await refresh_tokens.token(c, SECOND) is not None


async def _by_itself(c: Connection, session: Session) -> object:
    return await sessions.delete_session(c, session.id)


async def _by_lock(c: Connection, session: Session) -> object:
    return await sessions.delete_sessions_of(c, session.user_id)


async def _by_limit(c: Connection, session: Session) -> object:
    return await sessions.evict_oldest(c, session.user_id, keep=0, now=NOW)


async def _by_expiry(c: Connection, session: Session) -> object:
    return await sessions.delete_expired_sessions(c, now=session.expires_at, idle_before=None)


async def _by_disconnection(c: Connection, session: Session) -> object:
    return await delete_identity(c, str(session.identity_id))


async def _by_deletion(c: Connection, session: Session) -> object:
    return await users.delete_user(c, session.user_id)


@pytest.mark.parametrize("end", [_by_itself, _by_lock, _by_limit, _by_expiry, _by_disconnection, _by_deletion])
async def test_a_family_goes_with_its_session(
    store: Store, end: Callable[[Connection, Session], Awaitable[object]]
) -> None:
    session = await stored_family(store)
    async with store.transaction() as c:
        assert await end(c, session)
    async with store.transaction() as c:
        assert await refresh_tokens.family_of(c, FIRST) is None
        assert await refresh_tokens.token(c, FIRST) is None
        assert await sessions.lock_session_row(c, session.id) is None


async def test_whoever_locks_a_session_sees_what_the_one_before_did(replicas: Sequence[Store]) -> None:
    session = await stored_family(replicas[0])

    async def use(store: Store) -> bool:
        async with store.transaction() as c:
            assert await sessions.lock_session_row(c, session.id) == session
            found = await refresh_tokens.token(c, FIRST)
            assert found is not None
            if found.rotated_at is not None:
                return False
            assert await refresh_tokens.rotate_token(c, FIRST, now=NOW, rotated_by=None)
            return True

    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(use(replicas[number % 2]) for number in range(20)))
    assert sorted(answers) == [False] * 19 + [True]


async def test_a_session_that_ends_and_one_that_is_renewed_never_wait_for_each_other(replicas: Sequence[Store]) -> None:
    for _ in range(8):
        session = await stored_family(replicas[0])

        async def renew(session_id: str = session.id) -> bool:
            async with replicas[0].transaction() as c:
                if await sessions.lock_session_row(c, session_id) is None:
                    return False
                await refresh_tokens.rotate_token(c, FIRST, now=NOW, rotated_by=None)
                await refresh_tokens.insert_token(c, a_token(session_id, SECOND))
                return True

        async def end(user_id: str = session.user_id) -> bool:
            async with replicas[1].transaction() as c:
                await users.lock_user_row(c, user_id)
                return await users.delete_user(c, user_id)

        async with asyncio.timeout(30):
            _, ended = await asyncio.gather(renew(), end())
        assert ended
        async with replicas[0].read() as c:
            assert await refresh_tokens.family_of(c, FIRST) is None
            assert await refresh_tokens.family_of(c, SECOND) is None


async def test_of_a_sessions_used_tokens_the_oldest_are_forgotten_and_nobody_elses(store: Store) -> None:
    mine = await stored_family(store)
    others = a_session(mine.user_id)
    used = [f"{number:064x}" for number in range(5)]
    async with store.transaction() as c:
        await sessions.insert_session(c, others)
        await refresh_tokens.insert_family(c, a_family(others.id))
        for session, token in (*((mine, token) for token in used), (others, SECOND)):
            await refresh_tokens.insert_token(c, a_token(session.id, token))
        for second, token in enumerate((SECOND, *used)):
            await refresh_tokens.rotate_token(c, token, now=NOW + second, rotated_by=None)
        assert await refresh_tokens.delete_oldest_rotated(c, mine.id, keep=2) == 3
        kept = [token for token in (*used, FIRST, SECOND) if await refresh_tokens.token(c, token) is not None]
    assert kept == [*used[3:], FIRST, SECOND]
