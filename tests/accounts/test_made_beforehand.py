"""Somebody whom an operator made: their first sign-in lands in that account where both sides prove the address."""

import pytest

from broker.accounts.administration import Administration, NewAddress, NewUser
from broker.clock import FrozenClock
from broker.errors import LinkingRefused
from broker.models.events import By, Requester
from broker.models.identities import AddressCandidate
from broker.providers.base import AccountPolicy
from broker.store.base import Store
from tests.accounts.people import ADDRESS, a_person, an_emulated, believed, by_upn, proven
from tests.accounts.provisioning import people_in, provisioned

LINKING = AccountPolicy(linking="verified_both")


async def made(store: Store) -> str:
    address = NewAddress(address=ADDRESS, is_primary=True, is_verified=True)
    by = By(api_key="tests", requester=Requester())
    return (await Administration(store, FrozenClock()).create(NewUser(addresses=[address]), by)).user.id


async def test_who_proves_the_mailbox_lands_in_the_account_that_an_operator_made(store: Store) -> None:
    user_id = await made(store)
    found = await provisioned(store, a_person("alice", proven()), policy=LINKING)
    assert found.profile.user.id == user_id
    assert [len(user.identities) for user in await people_in(store)] == [1]


@pytest.mark.parametrize("candidate", [by_upn(), believed()])
async def test_who_does_not_prove_the_mailbox_never_lands_there(store: Store, candidate: AddressCandidate) -> None:
    await made(store)
    with pytest.raises(LinkingRefused):
        await provisioned(store, a_person("alice", candidate), policy=LINKING)
    assert [len(user.identities) for user in await people_in(store)] == [0]


async def test_emulated_person_never_lands_there(store: Store) -> None:
    await made(store)
    with pytest.raises(LinkingRefused):
        await provisioned(store, an_emulated("alice", proven()), policy=LINKING)
    assert [len(user.identities) for user in await people_in(store)] == [0]
