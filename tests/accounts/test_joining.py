"""Who is let into an organization at the end of a sign-in, and by which proof."""

from dataclasses import replace
from typing import Any

import pytest

from broker.accounts.connection_secrets import opened_secret, sealed_secret
from broker.accounts.joining import Coming, Joining, is_of
from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import IdentityRefused
from broker.models.events import By, Requester
from broker.models.identities import AddressCandidate, ProviderIdentity
from broker.models.organizations import Membership, Organization, OrganizationConnection
from broker.store import audit, memberships, organization_connections
from broker.store.base import Store
from tests.accounts.people import a_person, believed, by_upn, proven, unproven
from tests.store.rows import NOW, an_id, stored_user
from tests.store.test_organizations import a_connection, a_domain, a_membership, an_organization, stored

OLD, NEW = "an-old-secret-that-is-long-enough-000", "a-new-secret-that-is-long-enough-0000"
ALDER = an_organization("Alder", a_domain("alder.example"), a_domain("alder.test", is_verified=False))
OPEN = replace(ALDER, admits_outsiders=True)
BARE = replace(ALDER, domains=())
GUEST = {"account_class": "guest"}
PERSONAL = {"account_class": "personal"}


@pytest.mark.parametrize(
    ("organization", "tenant", "candidate", "changes", "comes_in"),
    [
        # Its own directory: members by any address of theirs, guests by a proven one.
        (ALDER, "directory", by_upn(), {}, True),
        (ALDER, "directory", unproven(), {}, True),
        (ALDER, "directory", unproven("alice@alder.test"), {}, True),
        (ALDER, "directory", proven("alice@elsewhere.example"), {}, False),
        (ALDER, "directory", proven("alice@notalder.example"), {}, False),
        (ALDER, "directory", proven("alder.example@elsewhere.example"), {}, False),
        (ALDER, "directory", proven(), GUEST, True),
        (ALDER, "directory", unproven(), GUEST, False),
        (ALDER, "directory", unproven(), {"account_class": "unknown"}, False),
        (ALDER, "directory", believed(), {"account_class": "personal"}, False),
        (OPEN, "directory", proven("alice@elsewhere.example"), GUEST, True),
        (BARE, "directory", proven("alice@elsewhere.example"), GUEST, True),
        # The one directory of all personal accounts, however it is named, is nobody's own.
        (BARE, "directory", proven(), PERSONAL, False),
        (OPEN, "directory", proven("alice@elsewhere.example"), PERSONAL, False),
        (ALDER, "directory", proven(), PERSONAL, True),
        (BARE, "9188040d-6c67-4c5b-b112-36a304b66dad", by_upn(), {}, False),
        # Anybody's directory: only a proven address of a domain that is known to be the organization's.
        (ALDER, "common", proven(), {}, True),
        (ALDER, "common", by_upn(), {}, True),
        (ALDER, "common", unproven(), {}, False),
        (ALDER, "common", proven("alice@alder.test"), {}, False),
        (OPEN, "common", proven("alice@elsewhere.example"), {}, False),
        (BARE, "common", proven(), {}, False),
        (ALDER, "organizations", unproven(), {}, False),
        (ALDER, "consumers", believed(), {"account_class": "personal"}, False),
        (ALDER, "consumers", proven(), {"account_class": "personal"}, True),
    ],
)
def test_who_belongs_to_an_organization(
    organization: Organization, tenant: str, candidate: AddressCandidate, changes: dict[str, Any], comes_in: bool
) -> None:
    connection = a_connection(organization) if tenant == "directory" else a_connection(organization, tenant=tenant)
    assert is_of(organization, connection, a_person("alice", candidate, **changes)) is comes_in


def test_who_has_no_address_belongs_only_where_none_is_asked_for() -> None:
    assert not is_of(ALDER, a_connection(ALDER), a_person("alice"))
    assert is_of(BARE, a_connection(BARE), a_person("alice"))
    assert not is_of(BARE, a_connection(BARE, tenant="common"), a_person("alice"))


async def standing(store: Store, **changes: Any) -> tuple[Organization, OrganizationConnection]:
    organization = an_organization("Alder", a_domain(f"{an_id()}.example"), a_domain("alder.example"))
    connection = a_connection(organization, **changes)
    await stored(store, organization)
    async with store.transaction() as c:
        await organization_connections.insert_connection(c, connection)
    return organization, connection


async def let_in(
    store: Store, organization: Organization, connection: OrganizationConnection | None, **changes: Any
) -> Membership:
    coming = Coming(
        user_id=changes.get("user_id") or (await stored_user(store)).id,
        identity=changes.get("identity") or a_person("alice", proven()),
        organization_id=organization.id,
        connection_id=None if connection is None else connection.id,
    )
    joining = Joining(FrozenClock(NOW), SecretKeys(changes.get("secrets") or [OLD]))
    async with store.transaction() as c:
        return await joining.let_in(c, coming, Requester(ip_address="192.0.2.9"))


async def refused(store: Store, *arguments: Any, **changes: Any) -> str:
    with pytest.raises(IdentityRefused) as caught:
        await let_in(store, *arguments, **changes)
    async with store.read() as c:
        assert not await audit.entries(c)
    return caught.value.code


def unsealed(**changes: Any) -> dict[str, Any]:
    return {"provider_client_id": None, "sealed_secret": None, **changes}


async def test_a_sign_in_by_its_connection_makes_a_member_once(store: Store) -> None:
    organization, connection = await standing(store, **unsealed())
    user = await stored_user(store)
    first = await let_in(store, organization, connection, user_id=user.id)
    assert (first.status, first.roles, first.user_id) == ("active", ("member",), user.id)
    assert await let_in(store, organization, connection, user_id=user.id) == first
    async with store.read() as c:
        [entry] = await audit.entries(c)
    assert (entry.type, entry.actor, entry.user_id) == ("membership.created", "user", user.id)
    assert entry.detail == {"organization": organization.id, "connection_id": connection.id}


async def test_by_any_other_way_only_members_come_in(store: Store) -> None:
    organization, _ = await standing(store, **unsealed())
    assert await refused(store, organization, None) == "not_in_organization"
    user = await stored_user(store)
    membership = a_membership(user.id, organization, roles=("admin",))
    async with store.transaction() as c:
        await memberships.insert_membership(c, membership)
    assert await let_in(store, organization, None, user_id=user.id) == membership


async def test_a_membership_that_was_deactivated_keeps_its_user_out_whichever_way_they_come(store: Store) -> None:
    organization, connection = await standing(store, **unsealed())
    user = await stored_user(store)
    async with store.transaction() as c:
        await memberships.insert_membership(c, a_membership(user.id, organization, status="inactive"))
    assert await refused(store, organization, connection, user_id=user.id) == "not_in_organization"
    assert await refused(store, organization, None, user_id=user.id) == "not_in_organization"


async def test_whoever_was_expected_becomes_a_member_when_they_come(store: Store) -> None:
    organization, connection = await standing(store, **unsealed())
    user = await stored_user(store)
    pending = a_membership(user.id, organization, status="pending", roles=("admin",))
    async with store.transaction() as c:
        await memberships.insert_membership(c, pending)
    assert await refused(store, organization, None, user_id=user.id) == "not_in_organization"
    joined = await let_in(store, organization, connection, user_id=user.id)
    assert joined == replace(pending, status="active", updated_at=NOW)


async def test_nobody_comes_in_from_outside(store: Store) -> None:
    organization, connection = await standing(store, **unsealed())
    stranger: ProviderIdentity = a_person("mallory", proven("mallory@birch.example"))
    assert await refused(store, organization, connection, identity=stranger) == "not_in_organization"


async def test_nobody_comes_in_by_a_connection_that_is_gone_switched_off_or_another_organizations(store: Store) -> None:
    organization, connection = await standing(store, **unsealed())
    other = an_organization("Birch")
    await stored(store, other)
    assert await refused(store, other, connection) == "not_in_organization"
    assert await refused(store, organization, replace(connection, id=an_id())) == "not_in_organization"
    for by in (connection, None):
        assert await refused(store, replace(organization, id=an_id()), by) == "not_in_organization"
    async with store.transaction() as c:
        await organization_connections.put_connection(c, replace(connection, state="inactive"))
    assert await refused(store, organization, connection) == "not_in_organization"


async def test_the_seal_of_a_connection_follows_our_newest_secret(store: Store) -> None:
    organization, connection = await standing(store)
    seal = sealed_secret(SecretKeys([OLD]), connection.id, "its own secret")
    async with store.transaction() as c:
        await organization_connections.put_connection(c, replace(connection, sealed_secret=seal))
    await let_in(store, organization, connection, secrets=[NEW, OLD])
    async with store.read() as c:
        kept = await organization_connections.connection(c, connection.id)
    assert kept is not None
    assert kept.sealed_secret is not None
    assert opened_secret(SecretKeys([NEW]), connection.id, kept.sealed_secret) == "its own secret"


def test_nobody_acts_for_an_application_unnamed() -> None:
    assert By(application="Demo").named == {"application": "Demo"}
    assert By(api_key="ops").named == {"api_key": "ops"}
