"""Groups and roles in an ID token: what a registration asks for, and what happens when there are too many groups.

Beyond 200 groups the token names none and points to where they could be asked for, at an address that nobody may
follow. Source: Microsoft's documentation of group claims and of group overage.
"""

from broker.emulator.groups import groups_of
from broker.emulator.people import Person
from broker.emulator.registrations import Registration

MOST_GROUPS = 200
# The retired directory API, as Microsoft still writes it.
_RETIRED = "https://graph.windows.net/{tenant}/users/{oid}/getMemberObjects"


def group_claims(account: Person, registration: Registration) -> dict[str, object]:
    """`groups`, or what stands in their place."""
    if registration.group_membership_claims not in ("SecurityGroup", "ApplicationGroup", "All"):
        return {}
    if account.tenant.personal:
        return {}
    groups = [group.id for group in groups_of(account)]
    if len(groups) > MOST_GROUPS:
        endpoint = _RETIRED.format(tenant=account.tenant.id, oid=account.oid)
        return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}
    return {"groups": groups} if groups else {}


def role_claims(account: Person, registration: Registration) -> dict[str, object]:
    """`roles`: assigned, so they come unasked; personal accounts have none."""
    defined = registration.app_roles
    roles = [role for role in account.roles if defined is None or role in defined]
    return {"roles": roles} if roles and not account.tenant.personal else {}
