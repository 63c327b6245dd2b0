"""Organizations, members and connections for the published Python SDK: what it makes it reads, changes and removes.

Run with what there is, as JSON: the URL of the broker, ids, keys, and a user. Ends with 0 and says nothing, or tells
what went wrong.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import workos
from workos.organization_membership._resource import RoleMultiple, RoleSingle
from workos.organizations.models import OrganizationDomainData

GIVEN: dict[str, Any] = json.loads(sys.argv[1])
sdk = workos.WorkOSClient(api_key=GIVEN["api_key"], client_id=GIVEN["client_id"], base_url=GIVEN["url"])


def organizations() -> str:
    """Made, found, changed, and listed page by page; answers the id of one."""
    domain = OrganizationDomainData.from_dict({"domain": "alder.example", "state": "verified"})
    made = sdk.organizations.create_organization(
        name="Alder", domain_data=[domain], metadata={"plan": "big"}, external_id="customer/7"
    )
    assert [(each.domain, each.state) for each in made.domains] == [("alder.example", "verified")]
    assert sdk.organizations.get_organization(made.id) == made
    assert sdk.organizations.get_organization_by_external_id("customer/7") == made
    changed = sdk.organizations.update_organization(made.id, name="Alder plc", allow_profiles_outside_organization=True)
    assert (changed.name, changed.metadata, changed.allow_profiles_outside_organization) == (
        "Alder plc",
        {"plan": "big"},
        True,
    )
    others = [sdk.organizations.create_organization(name=f"Nr {number}").id for number in range(3)]
    listed = [each.id for each in sdk.organizations.list_organizations(limit=2).auto_paging_iter()]
    assert listed[:4] == [*others[::-1], made.id]
    assert [each.id for each in sdk.organizations.list_organizations(domains=["alder.example"]).data] == [made.id]
    sdk.organizations.delete_organization(others[0])
    return str(made.id)


def members(organization_id: str) -> None:
    """Added, changed, switched off and on, listed and removed."""
    use = sdk.organization_membership
    made = use.create_organization_membership(
        user_id=GIVEN["user_id"], organization_id=organization_id, role=RoleSingle("admin")
    )
    assert (made.role.slug, made.status, made.user.id) == ("admin", "active", GIVEN["user_id"])
    assert use.get_organization_membership(made.id) == made
    several = use.update_organization_membership(made.id, role=RoleMultiple(["owner", "admin"]))
    assert [each.slug for each in several.roles] == ["owner", "admin"]
    assert use.deactivate_organization_membership(made.id).status == "inactive"
    assert use.list_organization_memberships(organization_id=organization_id).data == []
    every = use.list_organization_memberships(user_id=GIVEN["user_id"], statuses=["active", "inactive"])
    assert [each.id for each in every.data] == [made.id]
    assert use.reactivate_organization_membership(made.id).status == "active"
    use.delete_organization_membership(made.id)


def connections() -> None:
    """Read and removed: what makes one is an extension of ours."""
    theirs, ours = GIVEN["connection_id"], sdk.sso.list_connections(connection_type="MicrosoftOAuth").data[0]
    assert (ours.state, ours.status, ours.organization_id) == ("active", "linked", None)
    found = sdk.sso.get_connection(theirs)
    assert [each.domain for each in found.domains] == ["birch.example"]
    of_it = sdk.sso.list_connections(organization_id=found.organization_id, limit=1)
    assert [each.id for each in of_it.auto_paging_iter()] == [theirs]
    sdk.sso.delete_connection(theirs)


def refusals(organization_id: str) -> None:
    """Each is the SDK's own class."""
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (workos.NotFoundError, lambda: sdk.organizations.get_organization("org_nowhere")),
        (workos.NotFoundError, lambda: sdk.sso.get_connection(GIVEN["connection_id"])),
        (workos.ConflictError, lambda: sdk.organizations.create_organization(name="B", external_id="customer/7")),
        (workos.UnprocessableEntityError, lambda: sdk.organizations.create_organization(name="")),
        (workos.UnprocessableEntityError, lambda: sdk.organization_membership.list_organization_memberships()),
    ]
    for kind, call in refused:
        try:
            call()
        except kind:
            continue
        raise AssertionError(f"no {kind.__name__}")
    sdk.organizations.delete_organization(organization_id)


organization = organizations()
members(organization)
connections()
refusals(organization)
