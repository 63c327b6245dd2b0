"""The use cases of organizations put together, for one configuration."""

from dataclasses import dataclass

from broker.accounts.joining import Joining
from broker.accounts.memberships import Memberships
from broker.accounts.organization_connections import Complaints, OrganizationConnections
from broker.accounts.organizations import Organizations
from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Organizing:
    """All of them."""

    organizations: Organizations
    connections: OrganizationConnections
    memberships: Memberships
    joining: Joining


def organizing_of(store: Store, clock: Clock, *, secrets: SecretKeys, complaints: Complaints) -> Organizing:
    """For these secrets; `complaints` says why no provider can be made of a connection."""
    return Organizing(
        organizations=Organizations(store, clock),
        connections=OrganizationConnections(store, clock, secrets, complaints),
        memberships=Memberships(store, clock),
        joining=Joining(clock, secrets),
    )
