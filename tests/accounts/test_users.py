"""What an operator sees of users and does to them."""

import asyncio

import pytest

from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.errors import IdentityRefused, NotFound
from broker.providers.base import AccountPolicy
from broker.store import sessions
from broker.store.base import Store
from tests.accounts.people import ADDRESS, a_person, by_upn, proven, unproven
from tests.accounts.provisioning import everything, provisioned, trail
from tests.store.rows import NOW, a_session


@pytest.fixture
def operator(store: Store) -> Users:
    return Users(store, FrozenClock(NOW))


async def test_a_user_is_found_by_id_or_by_an_address_however_it_is_written(store: Store, operator: Users) -> None:
    person = a_person("alice", proven("alice@xn--mnchen-3ya.example"))
    profile = (await provisioned(store, person)).profile
    for spelled in (profile.user.id, "alice@xn--mnchen-3ya.example", "ALICE@münchen.EXAMPLE"):
        assert await operator.find(spelled) == profile
    assert await operator.profile(profile.user.id) == profile


@pytest.mark.parametrize("name", ["nobody", "nobody@alder.example", "@", "a@b@c", "\u212aelvin@alder.example", ""])
async def test_whoever_is_not_there_is_not_found(operator: Users, name: str) -> None:
    with pytest.raises(NotFound):
        await operator.find(name)


async def test_an_address_that_nothing_speaks_for_finds_nobody(store: Store, operator: Users) -> None:
    """Or the operator would lock whoever wrote a stranger's address into their own account."""
    await provisioned(store, a_person("mallory", unproven()), policy=AccountPolicy(on_unverified="create_unverified"))
    with pytest.raises(NotFound):
        await operator.find(ADDRESS)


async def test_users_are_listed_in_the_order_in_which_they_came(store: Store, operator: Users) -> None:
    made = [
        (await provisioned(store, a_person(f"p{number}", by_upn(f"p{number}@alder.example")))).profile
        for number in range(5)
    ]
    first = await operator.list(limit=3)
    assert first + await operator.list(after=first[-1].user.id) == made


async def test_a_lock_ends_every_session_and_no_identity_gets_past_it(store: Store, operator: Users) -> None:
    person = a_person("alice", proven())
    alice = (await provisioned(store, person)).profile.user
    bob = (await provisioned(store, a_person("bob", by_upn("bob@alder.example")))).profile.user
    made = [a_session(alice.id), a_session(alice.id), a_session(bob.id)]
    async with store.transaction() as c:
        for session in made:
            await sessions.insert_session(c, session)
    assert await operator.lock(alice.id) == 2
    async with store.read() as c:
        assert await sessions.list_sessions(c) == [made[2]]
    with pytest.raises(IdentityRefused, match="account_locked"):
        await provisioned(store, person)
    entries = [one for one in await trail(store) if one.actor == "operator"]
    assert [(one.type, one.user_id) for one in entries] == [("user.locked", alice.id)] + 2 * [
        ("session.ended", alice.id)
    ]
    assert entries[0].detail == {"sessions": 2}
    assert {one.session_id for one in entries[1:]} == {made[0].id, made[1].id}
    assert all(one.detail == {"reason": "locked"} for one in entries[1:])


async def test_whoever_is_unlocked_signs_in_again_as_the_same_user(store: Store, operator: Users) -> None:
    person = a_person("alice", proven())
    alice = (await provisioned(store, person)).profile.user.id
    await operator.lock(alice)
    assert await operator.lock(alice) == 0
    await operator.unlock(alice)
    assert (await provisioned(store, person)).profile.user.id == alice
    assert [one.type for one in await trail(store)][-1] == "user.unlocked"


async def test_nobody_can_lock_or_unlock_who_is_not_there(store: Store, operator: Users) -> None:
    for work in (operator.lock, operator.unlock):
        with pytest.raises(NotFound):
            await work("nobody")
    assert not any((await everything(store)).values())


async def test_operators_who_lock_at_once_do_not_count_a_session_twice(store: Store, operator: Users) -> None:
    alice = (await provisioned(store, a_person("alice", proven()))).profile.user.id
    async with store.transaction() as c:
        await sessions.insert_session(c, a_session(alice))
    assert sorted(await asyncio.gather(operator.lock(alice), operator.lock(alice))) == [0, 1]
