"""What counts as a change of a user, and what is not said twice, on each engine."""

import pytest

from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.errors import LinkingRefused
from broker.models.identities import ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.store.base import Store
from tests.accounts.people import ADDRESS, OTHER, a_person, by_upn, proven
from tests.accounts.provisioning import outcomes, people_in, provisioned, trail
from tests.store.rows import NOW

LINKING = AccountPolicy(linking="verified_both")


async def changed_at(store: Store, name: str) -> int:
    return next(profile.user.updated_at for profile in await people_in(store) if profile.user.name == name)


async def test_signing_in_again_is_no_change_of_the_user(store: Store) -> None:
    clock = FrozenClock()
    await provisioned(store, a_person("alice", by_upn()), clock=clock)
    clock.advance(100)
    found = await provisioned(store, a_person("alice", by_upn()), clock=clock)
    assert found.profile.user.updated_at == NOW == await changed_at(store, "Alice")


@pytest.mark.parametrize(
    "person",
    [
        a_person("alice", by_upn(), family_name="Birch"),
        a_person("alice", by_upn(), by_upn(OTHER)),
        a_person("alice", by_upn(), proven()),
    ],
    ids=["name", "address added", "address proven"],
)
async def test_whatever_a_sign_in_changes_of_a_user_moves_the_time_of_their_last_change(
    store: Store, person: ProviderIdentity
) -> None:
    clock = FrozenClock()
    await provisioned(store, a_person("alice", by_upn()), clock=clock)
    clock.advance(100)
    found = await provisioned(store, person, clock=clock)
    assert found.profile.user.updated_at == NOW + 100 == await changed_at(store, "Alice")


async def test_identity_that_joins_a_user_is_a_change_of_theirs(store: Store) -> None:
    clock = FrozenClock()
    await provisioned(store, a_person("alice", proven()), clock=clock)
    clock.advance(100)
    other = a_person("alice", proven(), provider="custom_other", tenant=None)
    found = await provisioned(store, other, policy=LINKING, clock=clock)
    assert found.profile.user.updated_at == NOW + 100


async def test_who_loses_an_address_has_changed(store: Store) -> None:
    clock = FrozenClock()
    await provisioned(store, a_person("nina", by_upn()), clock=clock)
    clock.advance(100)
    await provisioned(store, a_person("alice", proven()), clock=clock)
    assert await changed_at(store, "Nina") == NOW + 100


async def test_locking_and_unlocking_are_changes(store: Store) -> None:
    clock = FrozenClock()
    found = await provisioned(store, a_person("alice", proven()), clock=clock)
    users = Users(store, clock)
    for moment, change in ((NOW + 100, users.lock), (NOW + 200, users.unlock)):
        clock.advance(100)
        await change(found.profile.user.id)
        assert await changed_at(store, "Alice") == moment


async def test_address_of_somebody_else_is_noted_once_and_not_at_every_sign_in(store: Store) -> None:
    await provisioned(store, a_person("nina", proven()))
    await provisioned(store, a_person("bob", proven(OTHER)))
    alice = (await provisioned(store, a_person("alice", by_upn("alice@birch.example")))).profile.user
    for candidates in ([ADDRESS], [ADDRESS], [ADDRESS, OTHER], [OTHER, ADDRESS]):
        brought = [proven(address) for address in candidates]
        await provisioned(store, a_person("alice", by_upn("alice@birch.example"), *brought))
    noted = [entry for entry in await trail(store) if entry.type == "address.not_adopted"]
    assert [entry.user_id for entry in noted] == [alice.id, alice.id]
    assert len({entry.detail["address_hash"] for entry in noted}) == 2
    assert not any("@" in str(entry.detail) for entry in noted)


async def test_next_owner_of_a_mailbox_does_not_get_the_account_of_the_last(store: Store) -> None:
    """Same directory, same address, proven on both sides, another object id: another employee."""
    former = (await provisioned(store, a_person("alice", proven()))).profile
    joined = a_person("alice", proven(), provider="custom_other", tenant=None)
    await provisioned(store, joined, policy=LINKING)
    for known in (a_person("alice"), joined):
        successor = a_person("alice", proven(), provider=known.provider, tenant=known.tenant, subject_key="next")
        with pytest.raises(LinkingRefused, match="user_conflict"):
            await provisioned(store, successor, policy=LINKING)
    (profile,) = await people_in(store)
    assert profile.user.id == former.user.id
    assert len(profile.identities) == 2


async def test_of_two_people_of_one_directory_who_join_at_once_one_does(store: Store) -> None:
    owner = await provisioned(store, a_person("alice", proven(), provider="custom_other", tenant=None))
    people = [a_person("alice", proven(), subject_key=f"global:alder:{number}") for number in range(4)]
    answers = await outcomes(*(provisioned(store, person, policy=LINKING) for person in people))
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert refused == ["user_conflict"] * 3
    (profile,) = await people_in(store)
    assert (profile.user.id, len(profile.identities)) == (owner.profile.user.id, 2)
