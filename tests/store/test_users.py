import pytest

from broker.errors import NotUnique
from broker.models.users import UserProfile
from broker.store import users
from broker.store.audit import entries, insert_entry
from broker.store.base import Store
from broker.store.identities import identity_by_key, insert_identity
from broker.store.sessions import insert_session, session
from broker.store.signins import code, insert_code
from tests.store.rows import (
    NOW,
    a_code,
    a_session,
    an_email,
    an_identity,
    stored_identity,
    stored_user,
    written,
)
from tests.store.test_audit import an_entry


async def test_a_profile_has_addresses_and_identities_oldest_first(store: Store) -> None:
    alice = await stored_user(store)
    younger = an_email(
        alice.id, "a@birch.example", is_primary=False, is_verified=False, verified_by=None, created_at=NOW + 1
    )
    older = an_email(alice.id)
    second, first = an_identity(alice.id, "k2", created_at=NOW + 1), an_identity(alice.id, "k1", emulator=True)
    async with store.transaction() as c:
        for email in (younger, older):
            await users.insert_email(c, email)
        for identity in (second, first):
            await insert_identity(c, identity)
    async with store.read() as c:
        found = await users.profile(c, alice.id)
        assert found == UserProfile(user=alice, emails=(older, younger), identities=(first, second))
        assert found.emails[0].is_primary is True
        assert found.identities[0].emulator is True
        assert await users.profile(c, "nobody") is None


async def test_profiles_come_page_by_page_with_what_belongs_to_each(store: Store) -> None:
    everybody = [await stored_user(store) for _ in range(5)]
    async with store.transaction() as c:
        for user in everybody:
            await users.insert_email(c, an_email(user.id, f"{user.id}@alder.example"))
    async with store.read() as c:
        first = await users.profiles(c, limit=2)
        rest = await users.profiles(c, after=first[-1].user.id)
        assert [profile.user.id for profile in first + rest] == [user.id for user in everybody]
        assert all(profile.emails[0].user_id == profile.user.id for profile in first + rest)
        assert await users.profiles(c, after=everybody[-1].id) == []


async def test_only_an_address_that_something_speaks_for_finds_its_user(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id, "shared@alder.example", verified_by=None, is_verified=False))
        await users.insert_email(c, an_email(bob.id, "bob@alder.example", verified_by="upn", is_verified=False))
    async with store.read() as c:
        assert await users.profile_by_address(c, "shared@alder.example") is None
        found = await users.profile_by_address(c, "bob@alder.example")
        assert found is not None
        assert found.user == bob
        assert await users.profile_by_address(c, "BOB@alder.example") is None


async def test_an_address_is_held_by_one_user_at_a_time(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    held = an_email(alice.id)
    async with store.transaction() as c:
        await users.insert_email(c, held)
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await users.insert_email(c, an_email(bob.id))
    async with store.transaction() as c:
        (holder,) = await users.holders(c, [held.address])
        assert await users.release_address(c, holder, now=NOW + 5)
        await users.insert_email(c, an_email(bob.id))
        shown = an_email(alice.id, verified_by=None, is_verified=False)
        await users.insert_email(c, shown)
    async with store.read() as c:
        assert [found.user_id for found in await users.holders(c, [held.address])] == [bob.id]
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await users.prove_address(c, shown.id, verified_by="xms_edov", is_verified=True, now=NOW)


async def test_an_address_that_was_proven_meanwhile_is_not_released(store: Store) -> None:
    alice = await stored_user(store)
    held = an_email(alice.id, verified_by="upn", is_verified=False)
    async with store.transaction() as c:
        await users.insert_email(c, held)
        (as_seen,) = await users.holders(c, [held.address])
        await users.prove_address(c, held.id, verified_by="xms_edov", is_verified=True, now=NOW)
        assert not await users.release_address(c, as_seen, now=NOW)
        (holder,) = await users.holders(c, [held.address])
    assert holder.is_verified


async def test_who_loses_the_primary_address_is_named_by_the_oldest_that_they_still_hold(store: Store) -> None:
    alice = await stored_user(store)
    first = an_email(alice.id, "a@alder.example", created_at=NOW)
    shown = an_email(
        alice.id, "b@alder.example", is_primary=False, verified_by=None, is_verified=False, created_at=NOW + 1
    )
    second = an_email(alice.id, "c@alder.example", is_primary=False, created_at=NOW + 2)
    third = an_email(alice.id, "d@alder.example", is_primary=False, created_at=NOW + 3)
    async with store.transaction() as c:
        for email in (third, second, shown, first):
            await users.insert_email(c, email)
        for given_up, named_by in ((third, [first.id]), (first, [second.id]), (second, [])):
            (holder,) = await users.holders(c, [given_up.address])
            assert await users.release_address(c, holder, now=NOW + 5)
            profile = await users.profile(c, alice.id)
            assert profile is not None
            assert [email.id for email in profile.emails if email.is_primary] == named_by


async def test_unproven_addresses_may_repeat_but_not_for_one_user(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    async with store.transaction() as c:
        for user in (alice, bob):
            await users.insert_email(c, an_email(user.id, verified_by=None, is_verified=False))
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await users.insert_email(c, an_email(alice.id, verified_by=None, is_primary=False))


async def test_a_user_has_one_primary_address(store: Store) -> None:
    alice = await stored_user(store)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id, "a@alder.example"))
    with pytest.raises(NotUnique):
        await written(store, lambda c: users.insert_email(c, an_email(alice.id, "b@alder.example")))


async def test_proving_an_address_makes_it_hold(store: Store) -> None:
    alice = await stored_user(store)
    email = an_email(alice.id, verified_by="upn", is_verified=False)
    async with store.transaction() as c:
        await users.insert_email(c, email)
        await users.prove_address(c, email.id, verified_by="xms_edov", is_verified=True, now=NOW + 1)
    async with store.read() as c:
        (holder,) = await users.holders(c, [email.address])
    assert (holder.is_verified, holder.verified_by, holder.email_id) == (True, "xms_edov", email.id)


async def test_holders_are_found_for_any_number_of_addresses(store: Store) -> None:
    everybody = [await stored_user(store) for _ in range(6)]
    addresses = [f"person{index}@alder.example" for index in range(6)]
    async with store.transaction() as c:
        for user, address in zip(everybody, addresses, strict=True):
            await users.insert_email(c, an_email(user.id, address))
    async with store.read() as c:
        assert await users.holders(c, []) == []
        assert await users.holders(c, ["nobody@alder.example"]) == []
        for count in range(1, 7):
            found = await users.holders(c, addresses[:count])
            assert {holder.address for holder in found} == set(addresses[:count])
            assert len(found) == count


@pytest.mark.parametrize(
    ("emulators", "emulated"), [([], False), ([True], True), ([True, True], True), ([True, False], False)]
)
async def test_a_holder_is_emulated_where_no_real_identity_names_the_address(
    store: Store, emulators: list[bool], emulated: bool
) -> None:
    """Otherwise an address would block nobody that a real person holds, or one who has no identity yet."""
    alice = await stored_user(store)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id))
        for index, emulator in enumerate(emulators):
            await insert_identity(c, an_identity(alice.id, f"k{index}", emulator=emulator))
    async with store.read() as c:
        (holder,) = await users.holders(c, ["alice@alder.example"])
    assert holder.emulated is emulated


async def test_an_address_of_an_emulator_stays_its_own_beside_a_real_identity_that_names_another(store: Store) -> None:
    """Whoever connects both in staging must not block the real owner of what the emulator made up."""
    alice = await stored_user(store)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id))
        await insert_identity(c, an_identity(alice.id, "k0", emulator=True))
        await insert_identity(c, an_identity(alice.id, "k1", provider="custom_other", address="alice@real.example"))
    async with store.read() as c:
        (holder,) = await users.holders(c, ["alice@alder.example"])
    assert holder.emulated


async def test_a_holder_is_told_with_the_directories_that_know_them(store: Store) -> None:
    alice, bob = await stored_user(store), await stored_user(store)
    directories = [("microsoft", "alder"), ("microsoft", "birch"), ("custom_other", None)]
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id, "a@alder.example"))
        await users.insert_email(c, an_email(alice.id, "b@alder.example", is_primary=False))
        await users.insert_email(c, an_email(bob.id, "c@alder.example"))
        for index, (provider, tenant) in enumerate(directories):
            await insert_identity(c, an_identity(alice.id, f"k{index}", provider=provider, tenant=tenant))
    async with store.read() as c:
        found = await users.holders(c, ["a@alder.example", "b@alder.example", "c@alder.example"])
    assert {holder.address: holder.known_at for holder in found} == {
        "a@alder.example": frozenset(directories),
        "b@alder.example": frozenset(directories),
        "c@alder.example": frozenset(),
    }


async def test_a_profile_keeps_what_a_provider_no_longer_tells(store: Store) -> None:
    alice = await stored_user(store)
    async with store.transaction() as c:
        await users.update_profile(c, alice.id, name="Alice B.", given_name=None, family_name=None, now=NOW + 9)
    async with store.read() as c:
        found = await users.user(c, alice.id)
    assert found is not None
    assert (found.name, found.given_name, found.family_name) == ("Alice B.", "Alice", "Alder")
    assert found.updated_at == NOW + 9


async def test_a_user_is_locked_and_unlocked(store: Store) -> None:
    alice = await stored_user(store)
    async with store.transaction() as c:
        assert await users.set_locked(c, alice.id, locked_at=NOW + 1, now=NOW + 1)
        found = await users.lock_user_row(c, alice.id)
        assert found is not None
        assert (found.locked_at, found.updated_at) == (NOW + 1, NOW + 1)
        assert await users.set_locked(c, alice.id, locked_at=None, now=NOW + 3)
        assert not await users.set_locked(c, "nobody", locked_at=NOW, now=NOW)
        assert await users.lock_user_row(c, "nobody") is None


async def test_with_a_user_goes_all_that_belongs_to_them_but_no_audit_entry(store: Store) -> None:
    identity = await stored_identity(store)
    own = a_session(identity.user_id, identity_id=identity.id)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(identity.user_id))
        await insert_session(c, own)
        await insert_code(c, a_code(identity, session_id=own.id))
        await insert_entry(c, an_entry(user_id=identity.user_id))
    async with store.transaction() as c:
        assert await users.delete_user(c, identity.user_id)
        assert not await users.delete_user(c, identity.user_id)
    async with store.read() as c:
        assert await users.profile(c, identity.user_id) is None
        assert await identity_by_key(c, identity.provider, identity.subject_key) is None
        assert await session(c, own.id) is None
        assert await code(c, "c" * 64) is None
        assert await users.holders(c, ["alice@alder.example"]) == []
        assert len(await entries(c, user_id=identity.user_id)) == 1
