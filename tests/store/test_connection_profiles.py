"""Connection profiles: one id for an identity and a connection, whoever asks first, while the identity lasts."""

import asyncio

from broker.store import connection_profiles as profiles
from broker.store.base import Store
from broker.store.identities import delete_identity
from tests.store.rows import NOW, an_id, stored_identity


async def kept(store: Store, identity_id: str, connection_id: str, organization_id: str | None = None) -> str:
    async with store.transaction() as c:
        return await profiles.keep_profile(
            c,
            new_id=an_id(),
            identity_id=identity_id,
            connection_id=connection_id,
            organization_id=organization_id,
            now=NOW,
        )


async def test_id_is_the_same_for_an_identity_and_a_connection_and_another_for_either_alone(store: Store) -> None:
    alice, bob = await stored_identity(store), await stored_identity(store, subject_key="global:alder:bob")
    first, second = an_id(), an_id()
    found = await kept(store, alice.id, first)

    assert await kept(store, alice.id, first) == found
    assert len({found, await kept(store, alice.id, second), await kept(store, bob.id, first)}) == 3
    async with store.read() as c:
        row = await profiles.profile_row(c, found)
        assert await profiles.profile_row(c, an_id()) is None
    assert row == profiles.ProfileRow(
        id=found, identity_id=alice.id, connection_id=first, organization_id=None, user_id=alice.user_id
    )


async def test_codes_that_are_redeemed_at_once_find_one_id(store: Store) -> None:
    identity, connection_id = await stored_identity(store), an_id()

    found = await asyncio.gather(*(kept(store, identity.id, connection_id) for _ in range(5)))

    assert len(set(found)) == 1


async def test_organization_is_the_one_of_the_last_sign_in(store: Store) -> None:
    identity, connection_id, organization_id = await stored_identity(store), an_id(), an_id()
    found = await kept(store, identity.id, connection_id)
    await kept(store, identity.id, connection_id, organization_id)

    async with store.read() as c:
        row = await profiles.profile_row(c, found)
    assert row is not None
    assert row.organization_id == organization_id


async def test_profiles_go_with_the_identity(store: Store) -> None:
    identity = await stored_identity(store)
    found = await kept(store, identity.id, an_id())
    async with store.transaction() as c:
        assert await delete_identity(c, identity.id)
        assert await profiles.profile_row(c, found) is None
