"""What applications do to organizations and memberships, and what that does to sessions."""

from typing import Any

import pytest

from broker.accounts.memberships import Memberships
from broker.accounts.organizations import NewDomain, OrganizationChange, Organizations
from broker.clock import FrozenClock
from broker.errors import Conflict, InvalidRequest, NotFound
from broker.models.events import By, Requester
from broker.models.lists import Seek
from broker.models.organizations import MembershipFilter, Organization
from broker.models.sessions import Session
from broker.models.users import User
from broker.store import audit, sessions
from broker.store.base import Store
from tests.store.rows import NOW, a_session, an_id, stored_user

BY = By(application="Demo", requester=Requester(ip_address="192.0.2.9"))


def organizations(store: Store, now: int = NOW) -> Organizations:
    return Organizations(store, FrozenClock(now))


def memberships(store: Store, now: int = NOW) -> Memberships:
    return Memberships(store, FrozenClock(now))


async def made(store: Store, name: str = "Alder Ltd", **change: Any) -> Organization:
    return await organizations(store).create(OrganizationChange(name=name, **change), BY)


async def acting(store: Store, user: User, organization: Organization | None) -> Session:
    """A session of theirs that acts in the organization."""
    session = a_session(user.id, client_id="client_demo", organization_id=organization.id if organization else None)
    async with store.transaction() as c:
        await sessions.insert_session(c, session)
    return session


async def is_alive(store: Store, session: Session) -> bool:
    async with store.read() as c:
        return await sessions.session(c, session.id) is not None


async def trail(store: Store) -> list[tuple[str, Any]]:
    async with store.read() as c:
        entries = await audit.entries(c, limit=100)
    return [(entry.type, entry.detail.get("application")) for entry in sorted(entries, key=lambda entry: entry.id)]


async def test_an_organization_is_made_changed_and_removed_and_the_trail_says_by_whom(store: Store) -> None:
    new = OrganizationChange(
        name="Alder Ltd",
        domains=[NewDomain(domain="alder.example", is_verified=True)],
        metadata={"plan": "big", "region": "north"},
        external_id="customer-7",
        sets_external_id=True,
    )
    alder = await organizations(store).create(new, BY)
    assert (alder.name, alder.external_id, alder.metadata) == (
        "Alder Ltd",
        "customer-7",
        {"plan": "big", "region": "north"},
    )
    change = OrganizationChange(name="Alder plc", metadata={"plan": None, "tier": "1"}, admits_outsiders=True)
    changed = await organizations(store, NOW + 5).change(alder.id, change, BY)
    assert (changed.name, changed.metadata, changed.admits_outsiders) == (
        "Alder plc",
        {"region": "north", "tier": "1"},
        True,
    )
    assert (changed.external_id, changed.domains, changed.updated_at) == ("customer-7", alder.domains, NOW + 5)
    assert (
        await organizations(store).get(alder.id) == changed == await organizations(store).by_external_id("customer-7")
    )
    await organizations(store, NOW + 9).delete(alder.id, BY)
    with pytest.raises(NotFound):
        await organizations(store).get(alder.id)
    kinds = ["organization.created", "organization.changed", "organization.deleted"]
    assert await trail(store) == [(kind, "Demo") for kind in kinds]


async def test_what_is_not_there_cannot_be_changed_or_removed(store: Store) -> None:
    with pytest.raises(NotFound):
        await organizations(store).change(an_id(), OrganizationChange(name="New"), BY)
    with pytest.raises(NotFound):
        await organizations(store).delete(an_id(), BY)
    with pytest.raises(NotFound):
        await organizations(store).by_external_id("nobody")


async def test_a_domain_keeps_its_id_while_others_come_and_go(store: Store) -> None:
    alder = await made(store, domains=[NewDomain(domain="alder.example", is_verified=False)])
    both = [NewDomain(domain="alder.test", is_verified=True), NewDomain(domain="alder.example", is_verified=True)]
    changed = await organizations(store, NOW + 5).change(alder.id, OrganizationChange(domains=both), BY)
    old = next(each for each in changed.domains if each.domain == "alder.example")
    assert (old.id, old.created_at, old.updated_at) == (alder.domains[0].id, NOW, NOW + 5)
    none = await organizations(store).change(alder.id, OrganizationChange(domains=[]), BY)
    assert none.domains == ()


async def test_nobody_takes_a_verified_domain_or_an_external_id_from_another(store: Store) -> None:
    domain = [NewDomain(domain="alder.example", is_verified=True)]
    await made(store, domains=domain, external_id="customer-7", sets_external_id=True)
    birch = await made(store, "Birch")
    with pytest.raises(Conflict):
        await made(store, "Cedar", domains=domain)
    with pytest.raises(Conflict):
        await organizations(store).change(birch.id, OrganizationChange(domains=domain), BY)
    with pytest.raises(Conflict):
        await made(store, "Cedar", external_id="customer-7", sets_external_id=True)


async def test_there_is_a_limit_to_what_an_organization_holds(store: Store) -> None:
    with pytest.raises(InvalidRequest):
        await made(store, metadata={str(number): "" for number in range(51)})
    many = [NewDomain(domain=f"d{number}.example", is_verified=False) for number in range(101)]
    with pytest.raises(InvalidRequest):
        await made(store, domains=many)
    with pytest.raises(InvalidRequest):
        await organizations(store).create(OrganizationChange(), BY)


async def test_sessions_that_act_in_an_organization_end_with_it_and_others_live(store: Store) -> None:
    alder, birch, user = await made(store), await made(store, "Birch"), await stored_user(store)
    here, there = await acting(store, user, alder), await acting(store, user, birch)
    nowhere = await acting(store, user, None)
    await organizations(store).delete(alder.id, BY)
    assert [await is_alive(store, each) for each in (here, there, nowhere)] == [False, True, True]
    assert ("session.ended", "Demo") in await trail(store)


async def test_a_member_is_added_changed_deactivated_reactivated_and_removed(store: Store) -> None:
    alder, user = await made(store), await stored_user(store)
    use = memberships(store)
    member = await use.create(user.id, alder.id, (), BY)
    assert (member.membership.roles, member.membership.status) == (("member",), "active")
    assert (member.person.profile.user.id, member.organization) == (user.id, alder)
    identifier = member.membership.id
    assert await use.of(user.id, alder.id) == member.membership
    assert (await use.change_roles(identifier, ("admin",), BY)).membership.roles == ("admin",)
    assert (await use.deactivate(identifier, BY)).membership.status == "inactive"
    assert await use.of(user.id, alder.id) is None
    assert (await use.reactivate(identifier, BY)).membership.roles == ("admin",)
    await use.deactivate(identifier, BY)
    again = await use.create(user.id, alder.id, ("owner",), BY)
    assert (again.membership.id, again.membership.roles, again.membership.status) == (identifier, ("owner",), "active")
    await use.delete(identifier, BY)
    with pytest.raises(NotFound):
        await use.get(identifier)
    changed = [("membership.changed", "Demo")] * 5
    whole = [("membership.created", "Demo"), *changed, ("membership.deleted", "Demo")]
    assert [entry for entry in await trail(store) if entry[0].startswith("membership")] == whole


async def test_what_changes_nothing_leaves_no_entry(store: Store) -> None:
    alder, user = await made(store), await stored_user(store)
    member = await memberships(store).create(user.id, alder.id, ("admin",), BY)
    before = await trail(store)
    await memberships(store).reactivate(member.membership.id, BY)
    await memberships(store).change_roles(member.membership.id, ("admin",), BY)
    assert await trail(store) == before


async def test_a_member_is_added_once_and_only_to_what_is_there(store: Store) -> None:
    alder, user = await made(store), await stored_user(store)
    await memberships(store).create(user.id, alder.id, (), BY)
    with pytest.raises(Conflict):
        await memberships(store).create(user.id, alder.id, (), BY)
    with pytest.raises(NotFound):
        await memberships(store).create(an_id(), alder.id, (), BY)
    with pytest.raises(NotFound):
        await memberships(store).create(user.id, an_id(), (), BY)


@pytest.mark.parametrize("end", ["deactivate", "delete"])
async def test_who_is_no_member_any_more_has_no_session_there(store: Store, end: str) -> None:
    alder, alice, bob = await made(store), await stored_user(store), await stored_user(store)
    member = await memberships(store).create(alice.id, alder.id, (), BY)
    hers, elsewhere, his = (
        await acting(store, alice, alder),
        await acting(store, alice, None),
        await acting(store, bob, alder),
    )
    await getattr(memberships(store), end)(member.membership.id, BY)
    assert [await is_alive(store, each) for each in (hers, elsewhere, his)] == [False, True, True]


async def test_members_are_listed_with_who_they_are(store: Store) -> None:
    alder, alice, bob = await made(store), await stored_user(store), await stored_user(store)
    for user in (alice, bob):
        await memberships(store).create(user.id, alder.id, (), BY)
    page = await memberships(store).page(Seek(limit=1), MembershipFilter(organization_id=alder.id))
    assert ([each.person.profile.user.id for each in page.items], page.more_after) == ([bob.id], True)
