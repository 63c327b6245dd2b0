"""What an application's program does to people's records, on each engine."""

import asyncio
from typing import Any

import pytest

from broker.accounts.upkeep import ADDRESS_TAKEN, EXTERNAL_ID_TAKEN, Upkeep, Wanted
from broker.clock import FrozenClock
from broker.errors import Conflict, InvalidRequest, NotFound
from broker.models.events import By
from broker.models.identities import OPERATOR
from broker.models.users import Person
from broker.providers.base import AccountPolicy
from broker.store.base import Store
from tests.accounts.people import ADDRESS, OTHER, a_person, proven
from tests.accounts.provisioning import provisioned, trail
from tests.databases import all_connected
from tests.store.rows import NOW

BY = By(application="client_alder")
NOBODY = "0199a000-0000-7000-8000-000000000000"


async def made(store: Store, *, clock: FrozenClock | None = None, **wanted: Any) -> Person:
    return await Upkeep(store, clock or FrozenClock()).create(Wanted(**wanted), BY)


async def changed(store: Store, user_id: str, *, clock: FrozenClock | None = None, **wanted: Any) -> Person:
    return await Upkeep(store, clock or FrozenClock()).change(user_id, Wanted(**wanted), BY)


def addresses(person: Person) -> list[tuple[str, bool, bool, str | None]]:
    return [(each.address, each.is_primary, each.is_verified, each.verified_by) for each in person.profile.emails]


async def events(store: Store) -> list[str]:
    return [entry.type for entry in await trail(store)]


async def test_somebody_is_made_with_all_that_is_known_of_them(store: Store) -> None:
    person = await made(
        store,
        values={"given_name": "Grace", "family_name": "Hopper", "external_id": "g-1", "locale": "en-GB"},
        address=ADDRESS,
        metadata={"plan": "gold"},
    )
    user = person.profile.user
    assert (user.name, user.external_id, user.locale) == ("Grace Hopper", "g-1", "en-GB")
    assert addresses(person) == [(ADDRESS, True, False, None)]
    assert person.metadata.public == {"plan": "gold"}
    (entry,) = await trail(store)
    assert (entry.type, entry.user_id, entry.actor) == ("user.created", user.id, "operator")
    assert entry.detail == {"application": "client_alder"}


async def test_word_of_an_application_for_an_address_is_an_operators(store: Store) -> None:
    person = await made(store, address=ADDRESS, is_verified=True)
    assert addresses(person) == [(ADDRESS, True, True, OPERATOR)]


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True), (False, False)])
async def test_nobody_is_made_twice_with_one_address(store: Store, first: bool, second: bool) -> None:
    await made(store, address=ADDRESS, is_verified=first)
    with pytest.raises(Conflict) as refusal:
        await made(store, address=ADDRESS, is_verified=second)
    assert refusal.value.code == ADDRESS_TAKEN
    assert await events(store) == ["user.created"]


@pytest.mark.parametrize(("is_verified", "is_one"), [(True, True), (False, False)])
async def test_who_proves_an_address_that_was_vouched_for_is_that_user_where_accounts_are_joined(
    store: Store, is_verified: bool, is_one: bool
) -> None:
    beforehand = await made(store, address=ADDRESS, is_verified=is_verified)
    policy = AccountPolicy(linking="verified_both")
    found = await provisioned(store, a_person("alice", proven()), policy=policy)
    assert (found.profile.user.id == beforehand.profile.user.id) is is_one


@pytest.mark.parametrize("is_verified", [True, False])
async def test_of_programs_that_name_people_alike_at_once_one_succeeds(store: Store, is_verified: bool) -> None:
    other = (await made(store, address=OTHER)).profile.user.id
    await all_connected(store)
    making = [made(store, address=ADDRESS, is_verified=is_verified) for _ in range(4)]
    naming = changed(store, other, address=ADDRESS, is_verified=is_verified)
    answers = await asyncio.gather(*making, naming, return_exceptions=True)
    assert sum(isinstance(answer, Person) for answer in answers) == 1
    refusals = [answer for answer in answers if not isinstance(answer, Person)]
    assert all(isinstance(each, Conflict) and each.code == ADDRESS_TAKEN for each in refusals), refusals


async def test_address_that_somebody_proved_is_given_to_nobody_else(store: Store) -> None:
    await provisioned(store, a_person("alice", proven()))
    person = await made(store, address=OTHER)
    for is_verified in (True, False, None):
        with pytest.raises(Conflict) as refusal:
            await changed(store, person.profile.user.id, address=ADDRESS, is_verified=is_verified)
        assert refusal.value.code == ADDRESS_TAKEN


async def test_external_id_is_one_users(store: Store) -> None:
    first = await made(store, address=ADDRESS, values={"external_id": "x"})
    second = await made(store, address=OTHER)
    with pytest.raises(Conflict) as refusal:
        await changed(store, second.profile.user.id, values={"external_id": "x"})
    assert refusal.value.code == EXTERNAL_ID_TAKEN
    with pytest.raises(Conflict):
        await made(store, address="third@alder.example", values={"external_id": "x"})
    await changed(store, first.profile.user.id, values={"external_id": None})
    freed = await changed(store, second.profile.user.id, values={"external_id": "x"})
    assert freed.profile.user.external_id == "x"


async def test_what_is_absent_stays_and_a_name_made_of_its_parts_follows_them(store: Store) -> None:
    clock = FrozenClock()
    person = await made(store, clock=clock, values={"given_name": "Grace", "family_name": "Murray"}, address=ADDRESS)
    clock.advance(100)
    user = (await changed(store, person.profile.user.id, clock=clock, values={"family_name": "Hopper"})).profile.user
    assert (user.name, user.given_name, user.updated_at) == ("Grace Hopper", "Grace", NOW + 100)
    user = (await changed(store, user.id, values={"name": "Amazing Grace"})).profile.user
    user = (await changed(store, user.id, values={"given_name": None})).profile.user
    assert (user.name, user.given_name, user.family_name) == ("Amazing Grace", None, "Hopper")


async def test_change_that_changes_nothing_leaves_no_entry(store: Store) -> None:
    clock = FrozenClock()
    values = {"given_name": "Grace"}
    person = await made(store, clock=clock, values=values, address=ADDRESS, metadata={"a": "b"})
    clock.advance(100)
    again = await changed(
        store,
        person.profile.user.id,
        clock=clock,
        values=values,
        address=ADDRESS,
        is_verified=False,
        metadata={"a": "b"},
    )
    assert again == person
    assert await events(store) == ["user.created"]


async def test_another_address_takes_the_place_of_the_first_which_lets_nobody_in_any_more(store: Store) -> None:
    """Whoever has the former mailbox next would be taken for this person."""
    person = (await provisioned(store, a_person("alice", proven()))).profile
    moved = await changed(store, person.user.id, address=OTHER, is_verified=True)
    assert addresses(moved) == [(OTHER, True, True, OPERATOR)]
    assert (await trail(store))[-1].type == "address.primary_changed"
    newcomer = await provisioned(store, a_person("bob", proven()))
    assert newcomer.created


async def test_new_address_is_not_verified_because_the_former_was(store: Store) -> None:
    person = await made(store, address=ADDRESS, is_verified=True)
    moved = await changed(store, person.profile.user.id, address=OTHER)
    assert addresses(moved) == [(OTHER, True, False, None)]


async def test_second_address_that_becomes_the_first_keeps_its_proof(store: Store) -> None:
    person = (await provisioned(store, a_person("alice", proven(), proven(OTHER)))).profile
    moved = await changed(store, person.user.id, address=OTHER)
    assert addresses(moved) == [(OTHER, True, True, "xms_edov")]


async def test_application_judges_the_address_that_is_there(store: Store) -> None:
    person = await made(store, address=ADDRESS)
    proven_now = await changed(store, person.profile.user.id, is_verified=True)
    assert addresses(proven_now) == [(ADDRESS, True, True, OPERATOR)]
    doubted = await changed(store, person.profile.user.id, is_verified=False)
    assert addresses(doubted) == [(ADDRESS, True, False, None)]
    assert await events(store) == ["user.created", "address.proven", "user.changed"]


async def test_metadata_are_merged_and_cleared_and_leave_what_is_private_alone(store: Store) -> None:
    person = await made(store, address=ADDRESS, metadata={"plan": "gold", "seats": "3"})
    user_id = person.profile.user.id
    merged = await changed(store, user_id, metadata={"plan": None, "region": "eu"})
    assert merged.metadata.public == {"seats": "3", "region": "eu"}
    cleared = await changed(store, user_id, clears_metadata=True)
    assert cleared.metadata.public is None
    assert await events(store) == ["user.created", "user.metadata_changed", "user.metadata_changed"]
    with pytest.raises(InvalidRequest):
        await changed(store, user_id, metadata={"a": "b" * 4000})


async def test_whoever_is_deleted_is_gone_and_who_did_it_is_kept(store: Store) -> None:
    person = await made(store, address=ADDRESS)
    upkeep = Upkeep(store, FrozenClock())
    await upkeep.delete(person.profile.user.id, BY)
    entry = (await trail(store))[-1]
    assert (entry.type, entry.user_id, entry.detail) == (
        "user.deleted",
        person.profile.user.id,
        {"application": "client_alder"},
    )
    for gone in (person.profile.user.id, NOBODY):
        with pytest.raises(NotFound):
            await upkeep.delete(gone, BY)
        with pytest.raises(NotFound):
            await upkeep.change(gone, Wanted(values={"name": "x"}), BY)
