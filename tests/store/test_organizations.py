"""Organizations, their connections and members: what is kept, what is taken once, and what goes with what."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from broker.errors import NotUnique, StoreError
from broker.models.lists import Seek
from broker.models.organizations import (
    ConnectionFilter,
    Membership,
    Organization,
    OrganizationConnection,
    OrganizationDomain,
)
from broker.store import memberships, organization_connections, organizations, users
from broker.store.base import Store
from tests.store.rows import NOW, an_id, stored_user


def a_domain(domain: str = "alder.example", *, is_verified: bool = True) -> OrganizationDomain:
    return OrganizationDomain(id=an_id(), domain=domain, is_verified=is_verified, created_at=NOW, updated_at=NOW)


def an_organization(name: str = "Alder Ltd", *domains: OrganizationDomain, **changes: Any) -> Organization:
    organization = Organization(
        id=an_id(),
        name=name,
        domains=domains,
        external_id=None,
        metadata={},
        admits_outsiders=False,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(organization, **changes)


def a_connection(organization: Organization, **changes: Any) -> OrganizationConnection:
    connection = OrganizationConnection(
        id=an_id(),
        organization_id=organization.id,
        name="Alder at Microsoft",
        kind="microsoft",
        state="active",
        tenant="a1de0000-0000-4000-8000-000000000001",
        provider_client_id="c11e0000-0000-4000-8000-000000000001",
        sealed_secret="1.sealed.secret",
        cloud=None,
        domains=("alder.example",),
        external_id=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(connection, **changes)


def a_membership(user_id: str, organization: Organization, **changes: Any) -> Membership:
    membership = Membership(
        id=an_id(),
        user_id=user_id,
        organization_id=organization.id,
        status="active",
        roles=("member",),
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(membership, **changes)


async def stored(store: Store, *kept: Organization) -> None:
    async with store.transaction() as c:
        for organization in kept:
            await organizations.insert_organization(c, organization)


async def test_an_organization_is_found_by_its_id_and_by_what_another_program_calls_it(store: Store) -> None:
    metadata = {"plan": "größte", "'": '"'}
    domains = (a_domain(), a_domain("alder.test", is_verified=False))
    kept = an_organization("Alder", *domains, external_id="customer-7", metadata=metadata, admits_outsiders=True)
    await stored(store, kept)
    async with store.read() as c:
        assert await organizations.organization(c, kept.id) == kept
        assert await organizations.organization_by_external_id(c, "customer-7") == kept
        assert await organizations.organization(c, an_id()) is None
        assert await organizations.organization_by_external_id(c, "Customer-7") is None


async def test_a_name_of_another_program_belongs_to_one_organization(store: Store) -> None:
    await stored(store, an_organization(external_id="customer-7"))
    with pytest.raises(NotUnique):
        await stored(store, an_organization("Birch", external_id="customer-7"))


async def test_a_domain_is_verified_for_one_organization_and_claimed_by_any(store: Store) -> None:
    await stored(store, an_organization("Alder", a_domain()), an_organization("Birch", a_domain(is_verified=False)))
    with pytest.raises(NotUnique):
        await stored(store, an_organization("Cedar", a_domain()))


async def test_an_organization_is_kept_as_it_was_changed(store: Store) -> None:
    kept = an_organization("Alder", a_domain(), external_id="customer-7")
    await stored(store, kept)
    domains = (a_domain("birch.example"),)
    changed = replace(
        kept, name="Birch", domains=domains, external_id=None, metadata={"a": "b"}, admits_outsiders=True, updated_at=1
    )
    async with store.transaction() as c:
        assert await organizations.lock_organization(c, kept.id) == kept
        await organizations.put_organization(c, changed)
        assert await organizations.organization(c, kept.id) == changed
        assert await organizations.lock_organization(c, an_id()) is None


async def test_organizations_are_listed_by_domain_and_by_part_of_their_name(store: Store) -> None:
    alder, birch = an_organization("Alder 100%", a_domain()), an_organization("Birch", a_domain("birch.example"))
    await stored(store, alder, birch)
    async with store.read() as c:
        both = await organizations.page(c, Seek(), domains=["alder.example", "birch.example"], name_part=None)
        assert both.items == (birch, alder)
        assert (await organizations.page(c, Seek(), name_part="aLDER 1")).items == (alder,)
        assert (await organizations.page(c, Seek(), name_part="0%")).items == (alder,)
        assert (await organizations.page(c, Seek(), name_part="%")).items == (alder,)
        assert (await organizations.page(c, Seek(), domains=["nobody.example"], name_part=None)).items == ()


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_list_is_walked_both_ways_and_nothing_is_seen_twice_or_missed(store: Store, newest_first: bool) -> None:
    kept = [an_organization(f"Organization {number}") for number in range(7)]
    await stored(store, *kept)
    in_order = kept[::-1] if newest_first else kept
    async with store.read() as c:
        forwards: list[Organization] = []
        after: str | None = None
        while True:
            wanted = Seek(limit=3, after=after, newest_first=newest_first)
            page = await organizations.page(c, wanted, name_part=None)
            assert page.more_before == bool(forwards)
            forwards += page.items
            if not page.more_after:
                break
            after = page.items[-1].id
        assert forwards == in_order
        backwards: list[Organization] = []
        before = in_order[-1].id
        while True:
            wanted = Seek(limit=3, before=before, newest_first=newest_first)
            page = await organizations.page(c, wanted, name_part=None)
            assert page.more_after
            backwards = [*page.items, *backwards]
            if not page.more_before:
                break
            before = page.items[0].id
        assert backwards == in_order[:-1]


async def test_a_cursor_whose_row_is_gone_still_says_where_it_stood(store: Store) -> None:
    first, second, third = (an_organization(name) for name in ("First", "Second", "Third"))
    await stored(store, first, second, third)
    async with store.transaction() as c:
        assert await organizations.delete_organization(c, second.id)
        page = await organizations.page(c, Seek(after=second.id), name_part=None)
        assert (page.items, page.more_before, page.more_after) == ((first,), True, False)
        assert not await organizations.delete_organization(c, second.id)


async def test_a_connection_is_kept_as_it_was_made(store: Store) -> None:
    alder, birch = an_organization(), an_organization("Birch", a_domain("birch.example"))
    await stored(store, alder, birch)
    ours = a_connection(alder, provider_client_id=None, sealed_secret=None, domains=())
    theirs = a_connection(alder, cloud="usgov", external_id="c-1", tenant="birch.example", state="inactive")
    of_birch = a_connection(birch, name="Birch_at%Microsoft", domains=())
    async with store.transaction() as c:
        for connection in (ours, theirs, of_birch):
            await organization_connections.insert_connection(c, connection)
        assert await organization_connections.connection(c, theirs.id) == theirs
        assert await organization_connections.connections_of(c, alder.id) == [ours, theirs]
        listed = await organization_connections.page(c, Seek(limit=2), ConnectionFilter())
        assert (listed.items, listed.more_before, listed.more_after) == ((of_birch, theirs), False, True)

        async def found(**sought: Any) -> Sequence[OrganizationConnection]:
            return (await organization_connections.page(c, Seek(), ConnectionFilter(**sought))).items

        assert await found(organization_id=birch.id) == (of_birch,)
        assert await found(name_part="birch_AT%") == (of_birch,)
        assert await found(domain="alder.example") == (theirs,)
        assert await found(domain="birch.example") == (of_birch,)
        assert await found(domain="alder%example") == ()


async def test_an_organization_has_one_connection_of_a_name_that_another_program_gave(store: Store) -> None:
    alder, birch = an_organization(), an_organization("Birch")
    await stored(store, alder, birch)
    async with store.transaction() as c:
        for organization in (alder, birch):
            await organization_connections.insert_connection(c, a_connection(organization, external_id="c-1"))
    with pytest.raises(NotUnique):
        async with store.transaction() as c:
            await organization_connections.insert_connection(c, a_connection(alder, external_id="c-1"))


async def test_a_connection_never_changes_what_it_asks(store: Store) -> None:
    alder = an_organization()
    await stored(store, alder)
    kept = a_connection(alder)
    async with store.transaction() as c:
        await organization_connections.insert_connection(c, kept)
        changes: dict[str, Any] = {"name": "New", "state": "inactive", "sealed_secret": "1.a.b", "domains": ("a.test",)}
        elsewhere: dict[str, Any] = {"tenant": "common", "provider_client_id": None, "cloud": "china"}
        assert await organization_connections.put_connection(
            c, replace(kept, **changes, **elsewhere, updated_at=NOW + 1)
        )
        changed = replace(kept, **changes, updated_at=NOW + 1)
        assert await organization_connections.connection(c, kept.id) == changed
        assert await organization_connections.delete_connection(c, kept.id)
        assert not await organization_connections.put_connection(c, kept)
        assert not await organization_connections.delete_connection(c, kept.id)


async def test_with_an_organization_go_its_domains_connections_and_memberships(store: Store) -> None:
    alder, user = an_organization("Alder", a_domain()), await stored_user(store)
    await stored(store, alder)
    connection, membership = a_connection(alder), a_membership(user.id, alder)
    async with store.transaction() as c:
        await organization_connections.insert_connection(c, connection)
        await memberships.insert_membership(c, membership)
        assert await organizations.delete_organization(c, alder.id)
    async with store.read() as c:
        assert await organization_connections.connection(c, connection.id) is None
        assert await memberships.membership(c, membership.id) is None
        assert await users.user(c, user.id) is not None
    await stored(store, an_organization("Birch", a_domain()))


async def test_with_a_user_go_their_memberships_and_no_organization(store: Store) -> None:
    alder, user = an_organization(), await stored_user(store)
    await stored(store, alder)
    membership = a_membership(user.id, alder)
    async with store.transaction() as c:
        await memberships.insert_membership(c, membership)
        assert await users.delete_user(c, user.id)
        assert await memberships.membership(c, membership.id) is None
        assert await organizations.organization(c, alder.id) == alder


async def test_nobody_is_a_member_of_an_organization_that_is_not_there(store: Store) -> None:
    user = await stored_user(store)
    with pytest.raises(StoreError):
        async with store.transaction() as c:
            await memberships.insert_membership(c, a_membership(user.id, an_organization()))


async def test_another_seal_takes_the_place_of_the_one_that_was_read_and_of_no_newer_one(store: Store) -> None:
    """Who reseals read the secret before; meanwhile an application may have given the connection another."""
    alder = an_organization()
    connection = a_connection(alder, sealed_secret="1.of.old")
    await stored(store, alder)
    async with store.transaction() as c:
        await organization_connections.insert_connection(c, connection)
        await organization_connections.reseal(c, connection.id, old="1.of.another", new="2.of.another")
        assert await organization_connections.connection(c, connection.id) == connection
        await organization_connections.reseal(c, connection.id, old="1.of.old", new="2.of.old")
        resealed = replace(connection, sealed_secret="2.of.old")
        assert await organization_connections.connection(c, connection.id) == resealed
