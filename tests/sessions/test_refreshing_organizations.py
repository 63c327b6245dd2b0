"""A renewal may take the session to another organization, but only to where its user is a member now."""

import asyncio
from collections.abc import Sequence
from typing import get_args

import pytest

from broker.accounts.memberships import Memberships
from broker.errors import GrantRefused
from broker.models.events import By
from broker.models.organizations import Membership, MembershipStatus, Organization
from broker.models.users import UserProfile
from broker.sessions.refreshing import Refreshed
from broker.store import memberships, organizations
from broker.store import sessions as session_rows
from broker.store.base import Store
from tests.databases import somebody_waits
from tests.sessions.renewing import Renewing
from tests.sessions.stage import Stage, a_member, a_stage
from tests.store.rows import NOW, an_id
from tests.store.test_organizations import an_organization

OPERATOR = By(application="Tests")


@pytest.fixture
def renewing(stage: Stage) -> Renewing:
    return Renewing(stage)


async def joined(store: Store, user_id: str, status: MembershipStatus = "active") -> tuple[Organization, Membership]:
    """A new organization with this user in it."""
    organization = an_organization()
    membership = Membership(
        id=an_id(),
        user_id=user_id,
        organization_id=organization.id,
        status=status,
        roles=("member",),
        created_at=NOW,
        updated_at=NOW,
    )
    async with store.transaction() as c:
        await organizations.insert_organization(c, organization)
        await memberships.insert_membership(c, membership)
    return organization, membership


async def test_a_member_takes_the_session_to_the_organization_and_it_stays_there(
    renewing: Renewing, alice: UserProfile
) -> None:
    _, token = await renewing.begun(alice)
    first, _ = await joined(renewing.stage.store, alice.user.id)
    second, _ = await joined(renewing.stage.store, alice.user.id)
    for wanted, found in ((first.id, first.id), (None, first.id), (first.id, first.id), (second.id, second.id)):
        answer = await renewing.renewed(token, organization_id=wanted)
        assert answer.session.organization_id == found
        token = answer.refresh_token
    async with renewing.stage.store.read() as c:
        assert await session_rows.session(c, answer.session.id) == answer.session


@pytest.mark.parametrize("status", [each for each in get_args(MembershipStatus) if each != "active"])
async def test_who_is_no_member_now_stays_where_they_are_and_keeps_the_token(
    renewing: Renewing, alice: UserProfile, status: MembershipStatus
) -> None:
    _, token = await renewing.begun(alice)
    bob = await a_member(renewing.stage.store, "bob")
    inactive, _ = await joined(renewing.stage.store, alice.user.id, status)
    foreign, _ = await joined(renewing.stage.store, bob.user.id)
    for organization in (inactive, foreign):
        with pytest.raises(GrantRefused) as refused:
            await renewing.renewed(token, organization_id=organization.id)
        assert refused.value.code == "organization_membership_not_found"
    with pytest.raises(GrantRefused) as refused:
        await renewing.renewed(token, organization_id=an_id())
    assert refused.value.code == "organization_not_found"
    answer = await renewing.renewed(token)
    assert answer.session.organization_id is None
    await renewing.renewed(answer.refresh_token)


async def test_a_copy_is_told_nothing_of_organizations_and_ends_the_session(
    renewing: Renewing, alice: UserProfile
) -> None:
    session, token = await renewing.begun(alice)
    await renewing.renewed(token)
    renewing.stage.clock.advance(60)
    with pytest.raises(GrantRefused, match="already exchanged"):
        await renewing.renewed(token, organization_id=an_id())
    assert not await renewing.is_alive(session)


async def test_nobody_acts_in_an_organization_that_they_leave_in_that_moment(replicas: Sequence[Store]) -> None:
    servers = [Renewing(await a_stage(store)) for store in replicas]
    for round_ in range(6):
        alice = await a_member(replicas[0], f"alice{round_}")
        session, token = await servers[0].begun(alice)
        organization, membership = await joined(replicas[0], alice.user.id)
        async with asyncio.timeout(30):
            answer, _ = await asyncio.gather(
                servers[0].renewed(token, organization_id=organization.id),
                Memberships(replicas[1], servers[1].stage.clock).delete(membership.id, OPERATOR),
                return_exceptions=True,
            )
        assert isinstance(answer, Refreshed | GrantRefused)
        async with replicas[0].read() as c:
            found = await session_rows.session(c, session.id)
        assert found is None or found.organization_id is None


async def test_an_organization_that_goes_and_a_renewal_that_wants_to_go_there_do_not_wait_for_one_another(
    replicas: Sequence[Store],
) -> None:
    """Who removes one holds its memberships, and then ends sessions: perhaps that which waits for one of these."""
    here, there = replicas
    alice = await a_member(here)
    renewing = Renewing(await a_stage(there))
    session, token = await renewing.begun(alice)
    organization, _ = await joined(here, alice.user.id)
    async with asyncio.timeout(30):
        async with here.transaction() as c:
            await organizations.delete_organization(c, organization.id)
            renewal = asyncio.create_task(renewing.renewed(token, organization_id=organization.id))
            await somebody_waits(here, c)
            assert await session_rows.delete_session(c, session.id) is not None
        with pytest.raises(GrantRefused):
            await renewal
