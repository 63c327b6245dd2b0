"""What applications do to connections of organizations; nobody sees a secret of one again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from broker.accounts.connection_secrets import opened_secret, sealed_secret
from broker.accounts.organization_connections import ConnectionChange, NewConnection, OrganizationConnections
from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import InvalidRequest, NotFound, SealBroken
from broker.models.events import By
from broker.models.organizations import Organization, OrganizationConnection
from broker.store import audit, organization_connections
from broker.store.base import Store
from tests.observed import all_rows
from tests.store.rows import NOW, an_id
from tests.store.test_organizations import an_organization, stored

BY = By(application="Demo")
SECRETS = SecretKeys(["a-secret-of-tests-that-is-long-enough-0"])
SECRET = "the secret of their registration"
OWN = "0b1e0000-0000-4000-8000-000000000001"
TENANT = "a1de0000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Wrong:
    key: str
    message: str


def complaints(connection: OrganizationConnection, secret: str | None) -> Iterator[Wrong]:
    if connection.tenant == "common":
        yield Wrong("tenant", "is no directory")
    if secret == "wrong":
        yield Wrong("secret", "is no secret")


def use(store: Store, secrets: SecretKeys = SECRETS, now: int = NOW) -> OrganizationConnections:
    return OrganizationConnections(store, FrozenClock(now), secrets, complaints)


@pytest.fixture
async def organization(store: Store) -> Organization:
    organization = an_organization("Alder Ltd")
    await stored(store, organization)
    return organization


def new(organization: Organization, **given: Any) -> NewConnection:
    return NewConnection(organization_id=organization.id, **({"tenant": TENANT} | given))


async def test_a_connection_is_made_changed_and_removed_and_the_trail_says_by_whom(
    store: Store, organization: Organization
) -> None:
    made = await use(store).create(new(organization, provider_client_id=OWN, secret=SECRET, domains=["a.test"]), BY)
    assert (made.name, made.state, made.tenant, made.domains) == ("Alder Ltd", "active", TENANT, ("a.test",))
    assert await use(store).get(made.id) == made
    assert await use(store).of(organization.id) == [made]
    off = await use(store, now=NOW + 1).change(made.id, ConnectionChange(state="inactive", name="Off"), BY)
    assert (off.state, off.name, off.updated_at) == ("inactive", "Off", NOW + 1)
    await use(store, now=NOW + 2).change(made.id, ConnectionChange(name="Still off", domains=[]), BY)
    await use(store, now=NOW + 3).change(made.id, ConnectionChange(state="active"), BY)
    await use(store, now=NOW + 4).delete(made.id, BY)
    assert await use(store).of(organization.id) == []
    async with store.read() as c:
        entries = await audit.entries(c)
    told = ["deleted", "activated", "changed", "deactivated", "activated"]
    assert [entry.type for entry in entries] == [f"connection.{word}" for word in told]
    detail = {"application": "Demo", "organization": organization.id, "connection_id": made.id}
    assert all(entry.detail == detail for entry in entries)


async def test_a_secret_rests_sealed_for_its_own_row(store: Store, organization: Organization) -> None:
    made = await use(store).create(new(organization, provider_client_id=OWN, secret=SECRET), BY)
    assert made.sealed_secret is not None
    assert opened_secret(SECRETS, made.id, made.sealed_secret) == SECRET
    assert SECRET not in repr(made)
    assert SECRET not in repr(await all_rows(store))
    with pytest.raises(SealBroken):
        opened_secret(SECRETS, an_id(), made.sealed_secret)
    changed = await use(store).change(made.id, ConnectionChange(secret="another"), BY)
    assert changed.sealed_secret is not None
    assert opened_secret(SECRETS, made.id, changed.sealed_secret) == "another"


async def test_a_connection_that_another_program_named_is_made_once(store: Store, organization: Organization) -> None:
    first = await use(store).create(new(organization, external_id="c-1"), BY)
    assert await use(store).create(new(organization, external_id="c-1", tenant="other.example"), BY) == first
    other = an_organization("Birch")
    await stored(store, other)
    assert (await use(store).create(new(other, external_id="c-1"), BY)).id != first.id


async def test_what_could_sign_nobody_in_is_not_made(store: Store, organization: Organization) -> None:
    for given in ({"tenant": "common"}, {"secret": SECRET}, {"provider_client_id": OWN, "secret": "wrong"}):
        with pytest.raises(InvalidRequest):
            await use(store).create(new(organization, **given), BY)
    with pytest.raises(NotFound):
        await use(store).create(NewConnection(organization_id=an_id(), tenant=TENANT), BY)
    made = await use(store).create(new(organization, provider_client_id=OWN, secret=SECRET), BY)
    with pytest.raises(InvalidRequest, match="client_secret is no secret"):
        await use(store).change(made.id, ConnectionChange(secret="wrong"), BY)
    ours = await use(store).create(new(organization), BY)
    with pytest.raises(InvalidRequest):
        await use(store).change(ours.id, ConnectionChange(secret=SECRET), BY)


async def test_what_is_not_there_cannot_be_changed_or_removed(store: Store) -> None:
    with pytest.raises(NotFound):
        await use(store).get(an_id())
    with pytest.raises(NotFound):
        await use(store).change(an_id(), ConnectionChange(name="New"), BY)
    with pytest.raises(NotFound):
        await use(store).delete(an_id(), BY)


async def test_an_organization_has_so_many_connections_and_no_more(store: Store, organization: Organization) -> None:
    made = [await use(store).create(new(organization), BY) for _ in range(50)]
    with pytest.raises(InvalidRequest):
        await use(store).create(new(organization), BY)
    await use(store).delete(made[0].id, BY)
    await use(store).create(new(organization), BY)


async def test_a_start_with_a_secret_missing_names_it(store: Store, organization: Organization) -> None:
    older = SecretKeys(["an-older-secret-that-is-long-enough-000"])
    await use(store, older).create(new(organization, provider_client_id=OWN, secret=SECRET), BY)
    await use(store).create(new(organization, provider_client_id=OWN, secret=SECRET), BY)
    await use(store).create(new(organization), BY)
    with pytest.raises(SealBroken) as caught:
        await use(store).require_openable()
    assert older.newest_id in str(caught.value)
    async with store.transaction() as c:
        for each in await organization_connections.connections_of(c, organization.id):
            await organization_connections.reseal(
                c, each.id, old=each.sealed_secret or "", new=sealed_secret(SECRETS, each.id, SECRET)
            )
    await use(store).require_openable()
