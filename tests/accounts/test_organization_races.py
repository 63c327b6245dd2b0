"""An organization or a membership that goes in the moment in which somebody begins a session there: none is left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from broker.accounts.administration import By
from broker.accounts.memberships import Memberships, is_member
from broker.accounts.organizations import OrganizationChange, Organizations
from broker.clock import FrozenClock
from broker.errors import StoreError
from broker.store import organization_sessions, sessions, users
from broker.store.base import Store
from tests.databases import open_test_store
from tests.store.rows import NOW, a_session, stored_user

BY = By(application="Demo")
ROUNDS = 12
PEOPLE = 4


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


async def begin(store: Store, user_id: str, organization_id: str) -> None:
    """What every way to a session in an organization does: the user, the membership, then the session."""
    async with store.transaction() as c:
        await users.lock_user_row(c, user_id)
        if await is_member(c, user_id, organization_id):
            await sessions.evict_oldest(c, user_id, keep=1, now=NOW)
            await sessions.insert_session(c, a_session(user_id, organization_id=organization_id))


async def by_organization(store: Store, organization_id: str, _membership_ids: Sequence[str]) -> None:
    await Organizations(store, FrozenClock(NOW)).delete(organization_id, BY)


async def by_membership(store: Store, _organization_id: str, membership_ids: Sequence[str]) -> None:
    for membership_id in membership_ids:
        await Memberships(store, FrozenClock(NOW)).delete(membership_id, BY)


async def by_deactivation(store: Store, _organization_id: str, membership_ids: Sequence[str]) -> None:
    for membership_id in membership_ids:
        await Memberships(store, FrozenClock(NOW)).deactivate(membership_id, BY)


@pytest.mark.parametrize("end", [by_organization, by_membership, by_deactivation])
async def test_no_session_is_left_where_nobody_is_a_member(
    replicas: Sequence[Store], end: Callable[[Store, str, Sequence[str]], Awaitable[None]]
) -> None:
    here, there = replicas
    for _ in range(ROUNDS):
        organization = await Organizations(here, FrozenClock(NOW)).create(OrganizationChange(name="Alder"), BY)
        people = [(await stored_user(here)).id for _ in range(PEOPLE)]
        add = Memberships(here, FrozenClock(NOW)).create
        members = [(await add(user_id, organization.id, (), BY)).membership.id for user_id in people]
        async with asyncio.timeout(30):
            begun = (begin(here, user_id, organization.id) for user_id in people * 3)
            outcomes = await asyncio.gather(*begun, end(there, organization.id, members), return_exceptions=True)
        assert [each for each in outcomes if each is not None and not isinstance(each, StoreError)] == []
        assert outcomes[-1] is None, outcomes[-1]
        async with here.read() as c:
            assert await organization_sessions.sessions_in(c, organization.id) == []
