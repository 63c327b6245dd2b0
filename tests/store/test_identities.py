from dataclasses import replace

import pytest

from broker.errors import NotUnique
from broker.store.base import Store
from broker.store.identities import identity_by_key, insert_identity, record_sign_in
from tests.store.rows import NOW, an_identity, stored_identity, stored_user


async def test_an_identity_is_found_by_provider_and_subject_key_letter_for_letter(store: Store) -> None:
    known = await stored_identity(store, subject_key="global:alder:Alice")
    async with store.read() as c:
        assert await identity_by_key(c, "microsoft", "global:alder:Alice") == known
        for provider, subject_key in [
            ("microsoft", "global:alder:alice"),
            ("microsoft", "global:alder:Alice "),
            ("Microsoft", "global:alder:Alice"),
            ("custom_other", "global:alder:Alice"),
            ("microsoft", ""),
        ]:
            assert await identity_by_key(c, provider, subject_key) is None


async def test_the_same_subject_key_at_two_providers_is_two_identities(store: Store) -> None:
    known = await stored_identity(store)
    other = an_identity(known.user_id, known.subject_key, provider="custom_other")
    async with store.transaction() as c:
        await insert_identity(c, other)
        assert await identity_by_key(c, "custom_other", known.subject_key) == other


async def test_an_identity_belongs_to_one_user(store: Store) -> None:
    await stored_identity(store)
    bob = await stored_user(store)
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await insert_identity(c, an_identity(bob.id))


async def test_a_sign_in_is_recorded_and_changes_neither_key_nor_user(store: Store) -> None:
    known = await stored_identity(store)
    async with store.transaction() as c:
        fresh = replace(
            known,
            subject="s2",
            provider_client_id="c2",
            tenant=None,
            address=None,
            last_sign_in_at=NOW + 60,
            missing_claims=("acct",),
        )
        await record_sign_in(c, fresh)
        found = await identity_by_key(c, known.provider, known.subject_key)
    assert found is not None
    assert (found.subject, found.provider_client_id, found.tenant, found.address) == ("s2", "c2", None, None)
    assert (found.last_sign_in_at, found.created_at, found.user_id) == (NOW + 60, NOW, known.user_id)
    assert found.missing_claims == ("acct",)
