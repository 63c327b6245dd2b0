"""What is kept of provider tokens, and that of many who would ask for fresh ones only one does, on either replica."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from broker.models.identities import Identity
from broker.models.provider_tokens import KeptGrant
from broker.store.base import Store
from broker.store.identities import insert_identity
from broker.store.provider_tokens import (
    Registration,
    Sealed,
    claim_lease,
    delete_tokens_of_others,
    due_identities,
    kept_grant,
    newest_grant,
    note_failure,
    put_tokens,
    renew_tokens,
)
from broker.store.sessions import insert_session
from broker.store.users import delete_user
from tests.databases import open_test_store
from tests.store.rows import NOW, a_session, an_identity, stored_identity, stored_user

FIRST = Sealed(sealed="1.sealed.first", renewable=True, scopes=("openid", "User.Read"), access_expires_at=NOW + 3600)
SECOND = replace(FIRST, sealed="1.sealed.second", scopes=("openid",), access_expires_at=NOW + 7200)

OURS = Registration(
    provider="microsoft",
    provider_client_id="c11e0000-0000-4000-8000-00000000000c",
    emulator=False,
    subject_prefix="global:",
)


async def kept(store: Store, identity: Identity, *, now: int = NOW) -> None:
    async with store.transaction() as c:
        await put_tokens(c, identity.id, identity.provider, FIRST, now=now)


async def found(store: Store, identity_id: str) -> KeptGrant:
    async with store.read() as c:
        grant = await kept_grant(c, identity_id)
    assert grant is not None
    return grant


async def test_what_a_sign_in_brought_is_found_with_whom_it_belongs_to(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    grant = await found(store, identity.id)
    assert (grant.sealed, grant.scopes, grant.access_expires_at) == (FIRST.sealed, FIRST.scopes, NOW + 3600)
    assert (grant.user_id, grant.subject_key, grant.subject) == (
        identity.user_id,
        identity.subject_key,
        identity.subject,
    )
    assert (grant.generation, grant.failure, grant.user_locked) == (1, None, False)
    async with store.read() as c:
        assert await newest_grant(c, identity.user_id, "microsoft") == grant
        assert await newest_grant(c, identity.user_id, "custom_other") is None
        assert await kept_grant(c, "somebody-else") is None


async def test_of_two_identities_the_one_last_used_counts(store: Store) -> None:
    older = await stored_identity(store)
    newer = an_identity(older.user_id, "global:birch:alice", last_sign_in_at=NOW + 5)
    async with store.transaction() as c:
        await insert_identity(c, newer)
    for identity in (newer, older):
        await kept(store, identity)
    async with store.read() as c:
        grant = await newest_grant(c, older.user_id, "microsoft")
    assert grant is not None
    assert grant.identity_id == newer.id


async def test_tokens_go_with_the_user(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        await delete_user(c, identity.user_id)
        assert await kept_grant(c, identity.id) is None
        assert (await c.fetch_all("SELECT identity_id FROM provider_tokens")) == []


async def test_an_answer_is_kept_by_whoever_holds_the_lease_and_gives_it_back(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=1, lease="mine", now=NOW, until=NOW + 45)
        assert not await renew_tokens(c, identity.id, SECOND, lease="another", now=NOW)
        assert await renew_tokens(c, identity.id, SECOND, lease="mine", now=NOW + 9)
    grant = await found(store, identity.id)
    assert (grant.sealed, grant.generation, grant.lease_until, grant.checked_at) == (SECOND.sealed, 2, 0, NOW + 9)


async def test_who_read_the_row_before_an_answer_cannot_ask_once_more(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=1, lease="mine", now=NOW, until=NOW + 45)
        assert await renew_tokens(c, identity.id, SECOND, lease="mine", now=NOW)
        assert not await claim_lease(c, identity.id, generation=1, lease="late", now=NOW, until=NOW + 45)


async def test_a_lease_that_ran_out_is_another_ones_and_the_first_writes_nothing(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=1, lease="dead", now=NOW, until=NOW + 45)
        assert not await claim_lease(c, identity.id, generation=1, lease="heir", now=NOW + 44, until=NOW + 89)
        assert await claim_lease(c, identity.id, generation=1, lease="heir", now=NOW + 45, until=NOW + 90)
        assert not await renew_tokens(c, identity.id, SECOND, lease="dead", now=NOW + 46)
        assert not await note_failure(
            c, identity.id, lease="dead", failure="grant_revoked", retry_at=NOW, checked_at=NOW
        )
    assert (await found(store, identity.id)).failure is None


async def test_a_new_sign_in_takes_the_lease_away(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=1, lease="mine", now=NOW, until=NOW + 45)
        await put_tokens(c, identity.id, "microsoft", SECOND, now=NOW + 1)
        assert not await renew_tokens(c, identity.id, FIRST, lease="mine", now=NOW + 2)
    assert (await found(store, identity.id)).sealed == SECOND.sealed


async def test_a_failure_leaves_the_tokens_and_goes_with_the_next_answer(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=1, lease="a", now=NOW, until=NOW + 45)
        assert await note_failure(
            c, identity.id, lease="a", failure="temporarily_unavailable", retry_at=NOW + 5, checked_at=None
        )
    failed = await found(store, identity.id)
    assert (failed.failure, failed.retry_at, failed.checked_at, failed.sealed) == (
        "temporarily_unavailable",
        NOW + 5,
        NOW,
        FIRST.sealed,
    )
    async with store.transaction() as c:
        assert await claim_lease(c, identity.id, generation=2, lease="b", now=NOW, until=NOW + 45)
        assert await renew_tokens(c, identity.id, SECOND, lease="b", now=NOW)
    assert (await found(store, identity.id)).failure is None


async def test_due_is_who_has_a_living_session_and_was_not_heard_of_for_so_long(store: Store) -> None:
    identities = {}
    for name in ("due", "recent", "signed_out", "not_renewable"):
        identity = await stored_identity(store, subject_key=f"global:{name}")
        identities[name] = identity
        async with store.transaction() as c:
            new = replace(FIRST, renewable=name != "not_renewable")
            await put_tokens(c, identity.id, "microsoft", new, now=NOW if name == "recent" else NOW - 100)
            expires_at = NOW if name == "signed_out" else NOW + 1
            await insert_session(c, a_session(identity.user_id, identity_id=identity.id, expires_at=expires_at))
    due = identities["due"]
    async with store.transaction() as c:
        assert await due_identities(c, OURS, checked_before=NOW - 50, now=NOW, limit=9) == [due.id]
        for other in (
            replace(OURS, provider="custom_other"),
            replace(OURS, provider_client_id="another"),
            replace(OURS, emulator=True),
            replace(OURS, subject_prefix="custom:login.example:"),
        ):
            assert await due_identities(c, other, checked_before=NOW - 50, now=NOW, limit=9) == []
        assert await claim_lease(c, due.id, generation=1, lease="a", now=NOW, until=NOW + 45)
        assert await due_identities(c, OURS, checked_before=NOW - 50, now=NOW, limit=9) == []


async def test_tokens_of_providers_that_keep_none_any_more_are_dropped(store: Store) -> None:
    identity = await stored_identity(store)
    await kept(store, identity)
    async with store.transaction() as c:
        assert await delete_tokens_of_others(c, frozenset({"microsoft"})) == 0
        assert await delete_tokens_of_others(c, frozenset()) == 1
        assert await kept_grant(c, identity.id) is None


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


async def test_of_twenty_at_once_on_two_replicas_one_gets_the_lease(replicas: Sequence[Store]) -> None:
    identity = await stored_identity(replicas[0])
    await kept(replicas[0], identity)

    async def claims(number: int) -> bool:
        async with replicas[number % 2].transaction() as c:
            return await claim_lease(c, identity.id, generation=1, lease=str(number), now=NOW, until=NOW + 45)

    assert sum(await asyncio.gather(*map(claims, range(20)))) == 1


async def test_a_sign_in_and_an_answer_at_once_leave_the_sign_ins_tokens(replicas: Sequence[Store]) -> None:
    identity = await stored_identity(replicas[0])
    await kept(replicas[0], identity)
    async with replicas[0].transaction() as c:
        await claim_lease(c, identity.id, generation=1, lease="mine", now=NOW, until=NOW + 45)
    by_sign_in = replace(FIRST, sealed="1.sealed.sign-in")

    async def answers() -> None:
        async with replicas[0].transaction() as c:
            await renew_tokens(c, identity.id, SECOND, lease="mine", now=NOW)

    async def signs_in() -> None:
        async with replicas[1].transaction() as c:
            await put_tokens(c, identity.id, "microsoft", by_sign_in, now=NOW)

    await asyncio.gather(answers(), signs_in())
    assert (await found(replicas[1], identity.id)).sealed == by_sign_in.sealed


async def test_nobody_else_has_tokens_of_a_user_without_any(store: Store) -> None:
    alice = await stored_user(store)
    async with store.read() as c:
        assert await newest_grant(c, alice.id, "microsoft") is None
