"""The end of a sign-in that is for an organization: who is let in, and becomes a member.

By a connection of the organization whoever is in its directory comes in, and is a member from then on. Where the
organization has domains, and does not let others in, they need an address of one. Through a connection that anybody's
directory can use, or with a personal account, only an address that the organization has proven to be its own says where
somebody belongs. By any other way members come in, and nobody else.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from broker.accounts.connection_secrets import opened_secret, sealed_secret
from broker.accounts.memberships import note_membership
from broker.clock import Clock
from broker.crypto import SecretKeys, new_id
from broker.errors import IdentityRefused
from broker.events.catalogue import Event
from broker.models.events import By, Requester
from broker.models.identities import BELIEVED, ProviderIdentity
from broker.models.organizations import MEMBER, Membership, Organization, OrganizationConnection
from broker.store import memberships, organization_connections, organizations
from broker.store.base import Connection

OUTSIDE: Final = "not_in_organization"


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Who comes in: the user, and what proved them; for which organization, by which connection of its own, if so."""

    user_id: str
    identity: ProviderIdentity
    organization_id: str
    connection_id: str | None

    @property
    def named(self) -> dict[str, Any]:
        """The connection, as a detail of an audit entry."""
        return {} if self.connection_id is None else {"connection": self.connection_id}


class Joining:
    """Lets people into organizations, in the transaction of their sign-in; the user's row is locked already."""

    def __init__(self, clock: Clock, secrets: SecretKeys) -> None:
        self._clock = clock
        self._secrets = secrets

    async def let_in(self, connection: Connection, coming: Coming, requester: Requester) -> Membership:
        """The membership that they have, or have now. Raises `IdentityRefused`."""
        organization = await organizations.organization(connection, coming.organization_id)
        if organization is None:
            raise IdentityRefused("the organization is gone", code=OUTSIDE)
        by = await self._connection(connection, coming)
        found = await memberships.lock_membership_of(connection, coming.user_id, organization.id)
        if found is not None and found.status == "inactive":
            raise IdentityRefused("the membership is inactive", code=OUTSIDE)
        if found is not None and found.status == "active":
            return found
        if by is None:
            raise IdentityRefused("the user is no member of the organization", code=OUTSIDE)
        if not is_of(organization, by, coming.identity):
            remedy = (
                "allow_profiles_outside_organization; or optional claims that prove the address: upn, acct, xms_edov"
            )
            detail = "no address of theirs is proven to be of a domain of the organization"
            raise IdentityRefused(detail, code=OUTSIDE, remedy=remedy)
        return await self._joined(connection, coming, by, found, requester)

    async def _connection(self, connection: Connection, coming: Coming) -> OrganizationConnection | None:
        """The organization's own connection that they came by, which still stands."""
        if coming.connection_id is None:
            return None
        found = await organization_connections.connection(connection, coming.connection_id)
        if found is None or found.state != "active" or found.organization_id != coming.organization_id:
            raise IdentityRefused("the connection is gone, or inactive", code=OUTSIDE)
        if found.sealed_secret is not None and not self._secrets.is_newest(found.sealed_secret):
            # So that a secret of ours can be taken out one day. Here, for somebody has proven who they are.
            secret = opened_secret(self._secrets, found.id, found.sealed_secret)
            sealed = sealed_secret(self._secrets, found.id, secret)
            await organization_connections.reseal(connection, found.id, old=found.sealed_secret, new=sealed)
        return found

    async def _joined(
        self,
        connection: Connection,
        coming: Coming,
        by: OrganizationConnection,
        pending: Membership | None,
        requester: Requester,
    ) -> Membership:
        now = self._clock.now()
        who = By(requester=requester)
        if pending is not None:
            joined = replace(pending, status="active", updated_at=now)
            await memberships.put_membership(connection, joined)
            event = Event.MEMBERSHIP_CHANGED
        else:
            # Held, as nothing else of it is yet: one that goes meanwhile would take the row from under the membership.
            if await organizations.lock_organization(connection, coming.organization_id) is None:
                raise IdentityRefused("the organization is gone", code=OUTSIDE)
            joined = Membership(
                id=new_id(self._clock.now_ms()),
                user_id=coming.user_id,
                organization_id=coming.organization_id,
                status="active",
                roles=(MEMBER,),
                created_at=now,
                updated_at=now,
            )
            await memberships.insert_membership(connection, joined)
            event = Event.MEMBERSHIP_CREATED
        await note_membership(connection, event, joined, clock=self._clock, by=who, actor="user", connection_id=by.id)
        return joined


def is_of(organization: Organization, by: OrganizationConnection, identity: ProviderIdentity) -> bool:
    """Whether somebody who came by this connection of the organization belongs to it."""
    # All personal accounts are in one directory, which a connection can name by one of its domains: live.com, say.
    if by.is_of_one_directory and identity.account_class != "personal":
        # Their own directory vouches for its members' addresses; a guest's is whatever their home says.
        believed = {each.address for each in identity.candidates if _is_proven(each.verified_by)}
        if identity.account_class == "member":
            believed |= {each.address for each in identity.candidates}
        return (
            organization.admits_outsiders or not organization.domains or _is_any_of(believed, organization.domain_names)
        )
    proven = {each.address for each in identity.candidates if _is_proven(each.verified_by)}
    return _is_any_of(proven, organization.verified_domains)


def _is_proven(verified_by: str | None) -> bool:
    """A belief of the operator's about personal accounts proves nothing about a domain."""
    return verified_by not in (None, BELIEVED)


def _is_any_of(addresses: set[str], domains: frozenset[str]) -> bool:
    return any(address.rpartition("@")[2] in domains for address in addresses)
