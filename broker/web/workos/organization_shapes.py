"""Organizations, their connections and members as this face shows them: by the API, and in events."""

from typing import Any

from broker.crypto import named_id
from broker.models.organizations import Membership, Organization, OrganizationConnection, OrganizationDomain
from broker.models.users import Person
from broker.web.workos import ids, present, times
from broker.web.workos.selection import connection_id_of, connection_type


def organization(found: Organization) -> dict[str, Any]:
    """An organization with its domains."""
    return {
        "object": "organization",
        "id": ids.spelled("org", found.id),
        "name": found.name,
        "allow_profiles_outside_organization": found.admits_outsiders,
        "domains": [domain(each, found.id) for each in found.domains],
        "stripe_customer_id": None,
        "external_id": found.external_id,
        "metadata": dict(found.metadata),
        "created_at": times.spelled(found.created_at),
        "updated_at": times.spelled(found.updated_at),
    }


def domain(found: OrganizationDomain, organization_id: str) -> dict[str, Any]:
    """A domain of an organization; it is verified by who says so, not by DNS."""
    return {
        "object": "organization_domain",
        "id": ids.spelled("org_domain", found.id),
        "organization_id": ids.spelled("org", organization_id),
        "domain": found.domain,
        "state": "verified" if found.is_verified else "pending",
        "verification_strategy": "manual",
        "verification_prefix": None,
        "verification_token": None,
        "created_at": times.spelled(found.created_at),
        "updated_at": times.spelled(found.updated_at),
    }


def connection(found: OrganizationConnection) -> dict[str, Any]:
    """A connection, of which nobody is shown the secret."""
    return {
        "object": "connection",
        "id": ids.spelled("conn", found.id),
        "organization_id": ids.spelled("org", found.organization_id),
        "connection_type": connection_type(found.kind),
        "name": found.name,
        "state": found.state,
        "status": "linked" if found.state == "active" else "unlinked",
        "external_key": found.external_id or found.id,
        "domains": [
            {
                "object": "connection_domain",
                "id": ids.spelled("conn_domain", named_id(f"{found.id} {each}")),
                "domain": each,
            }
            for each in found.domains
        ],
        "created_at": times.spelled(found.created_at),
        "updated_at": times.spelled(found.updated_at),
    }


def environments_connection(provider: str, name: str) -> dict[str, Any]:
    """A configured provider as a connection: it is no organization's, and the configuration has no ages."""
    return {
        "object": "connection",
        "id": ids.spelled("conn", connection_id_of(provider)),
        "organization_id": None,
        "connection_type": connection_type(provider),
        "name": name,
        "state": "active",
        "status": "linked",
        "external_key": provider,
        "domains": [],
        "created_at": times.spelled(0),
        "updated_at": times.spelled(0),
    }


def membership(
    found: Membership, *, organization_name: str | None = None, person: Person | None = None
) -> dict[str, Any]:
    """A membership; with the name of the organization and the user where these are asked for."""
    roles = [{"slug": role} for role in found.roles]
    shown: dict[str, Any] = {
        "object": "organization_membership",
        "id": ids.spelled("om", found.id),
        "user_id": ids.spelled("user", found.user_id),
        "organization_id": ids.spelled("org", found.organization_id),
        "status": found.status,
        "role": roles[0],
        "roles": roles,
        "custom_attributes": {},
        "directory_managed": False,
        "created_at": times.spelled(found.created_at),
        "updated_at": times.spelled(found.updated_at),
    }
    if organization_name is not None:
        shown["organization_name"] = organization_name
    if person is not None:
        shown["user"] = present.user(person.profile, metadata=person.metadata)
    return shown
