"""An organization or a membership that goes in the moment in which somebody begins a session there, or comes in.

No session is left, and whoever came too late is told so; it is no fault of ours.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest

from broker.accounts.joining import Coming, Joining
from broker.accounts.memberships import Memberships, is_member
from broker.accounts.organizations import OrganizationChange, Organizations
from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import IdentityRefused, NotFound, StoreError
from broker.models.events import NOBODY, By
from broker.models.organizations import Organization
from broker.store import (
    memberships,
    organization_connections,
    organization_sessions,
    organizations,
    sessions,
    users,
)
from broker.store.base import Store
from tests.accounts.people import a_person, proven
from tests.databases import open_test_store, somebody_waits
from tests.store.rows import NOW, a_session, stored_user
from tests.store.test_organizations import a_connection

BY = By(application="Demo")
ROUNDS = 12
PEOPLE = 4
SECRET = "a-secret-of-tests-that-is-long-enough-0"


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


async def by_program(store: Store, user_id: str, organization_id: str, _connection_id: str) -> None:
    await Memberships(store, FrozenClock(NOW)).create(user_id, organization_id, (), BY)


async def by_sign_in(store: Store, user_id: str, organization_id: str, connection_id: str) -> None:
    coming = Coming(
        user_id=user_id,
        identity=a_person("alice", proven()),
        organization_id=organization_id,
        connection_id=connection_id,
    )
    async with store.transaction() as c:
        await users.lock_user_row(c, user_id)
        await Joining(FrozenClock(NOW), SecretKeys(["a-secret-of-tests-that-is-long-enough-0"])).let_in(
            c, coming, NOBODY
        )


@pytest.mark.parametrize(("come", "told"), [(by_program, NotFound), (by_sign_in, IdentityRefused)])
async def test_whoever_comes_into_what_goes_in_this_moment_is_told_that_it_is_gone(
    replicas: Sequence[Store], come: Callable[[Store, str, str, str], Coroutine[Any, Any, None]], told: type[Exception]
) -> None:
    here, there = replicas
    organization: Organization = await Organizations(here, FrozenClock(NOW)).create(
        OrganizationChange(name="Alder"), BY
    )
    user_id, connection = (await stored_user(here)).id, a_connection(organization, sealed_secret=None)
    async with here.transaction() as c:
        await organization_connections.insert_connection(c, connection)
    async with asyncio.timeout(30):
        async with here.transaction() as c:
            await organizations.delete_organization(c, organization.id)
            coming = asyncio.create_task(come(there, user_id, organization.id, connection.id))
            await somebody_waits(here, c)
        with pytest.raises(told):
            await coming


async def test_a_user_and_an_organization_that_go_at_once_do_not_wait_for_one_another(
    replicas: Sequence[Store],
) -> None:
    here, there = replicas
    organization = await Organizations(here, FrozenClock(NOW)).create(OrganizationChange(name="Alder"), BY)
    user_id = (await stored_user(here)).id
    await Memberships(here, FrozenClock(NOW)).create(user_id, organization.id, (), BY)
    session = a_session(user_id, organization_id=organization.id)
    async with here.transaction() as c:
        await sessions.insert_session(c, session)
    async with asyncio.timeout(30):
        async with here.transaction() as c:
            await organizations.delete_organization(c, organization.id)
            going = asyncio.create_task(Users(there, FrozenClock(NOW)).delete(user_id))
            await somebody_waits(here, c)
            assert await sessions.delete_session(c, session.id) is not None
        await going


async def test_whoever_holds_a_membership_may_write_to_it_while_its_organization_goes(
    replicas: Sequence[Store],
) -> None:
    here, there = replicas
    organization = await Organizations(here, FrozenClock(NOW)).create(OrganizationChange(name="Alder"), BY)
    user_id = (await stored_user(here)).id
    await Memberships(here, FrozenClock(NOW)).create(user_id, organization.id, (), BY)
    async with asyncio.timeout(30):
        async with here.transaction() as c:
            member = await memberships.lock_membership_of(c, user_id, organization.id)
            assert member is not None
            going = asyncio.create_task(by_organization(there, organization.id, ()))
            await somebody_waits(here, c)
            assert await memberships.put_membership(c, replace(member, roles=("admin",)))
        await going
