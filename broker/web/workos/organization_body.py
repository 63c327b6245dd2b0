"""What an application's program says of an organization in a body."""

from collections.abc import Mapping, Sequence

from broker.accounts.organizations import NewDomain, OrganizationChange
from broker.protocol.addresses import canonical_domain
from broker.web.workos.body import MOST_EXTERNAL_ID, Body


def organization_change(content: Mapping[str, object], *, is_new: bool = False) -> OrganizationChange:
    """An organization to be made, or what is to change of one. Raises `ParametersInvalid`."""
    body = Body(content)
    found = OrganizationChange(
        name=body.text("name", required=is_new),
        domains=_domains(body),
        admits_outsiders=body.switch("allow_profiles_outside_organization"),
        metadata=body.metadata(),
        clears_metadata=body.clears_metadata,
        external_id=body.text("external_id", most=MOST_EXTERNAL_ID),
        sets_external_id=body.has("external_id"),
    )
    body.check()
    return found


def _domains(body: Body) -> Sequence[NewDomain] | None:
    """`domain_data` with states, or the older `domains`, which are verified by being named."""
    data = body.items("domain_data")
    if data is None:
        names = body.domains("domains")
        return None if names is None else [NewDomain(domain=name, is_verified=True) for name in names]
    found = []
    for each in data:
        given = each if isinstance(each, dict) else {}
        domain, state = canonical_domain(given.get("domain")), given.get("state", "pending")
        if domain is None or state not in ("verified", "pending"):
            body.faults["domain_data"] = "domain_data_invalid"
        else:
            found.append(NewDomain(domain=domain, is_verified=state == "verified"))
    return found
