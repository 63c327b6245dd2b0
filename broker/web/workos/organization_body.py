"""What an application's program says of organizations, connections and members in a body, told field by field where it
is wrong. A member that we do not know is ignored.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.accounts.organization_connections import ConnectionChange, NewConnection
from broker.accounts.organizations import NewDomain, OrganizationChange
from broker.models.organizations import ConnectionCloud, ConnectionState
from broker.models.users import is_writable
from broker.protocol.addresses import canonical_domain
from broker.web.workos import ids
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.ids import Prefix

MOST_NAME: Final = 255
MOST_EXTERNAL_ID: Final = 128
MOST_MEMBER_NAME: Final = 40
MOST_MEMBER_VALUE: Final = 600
MOST_ROLES: Final = 20
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9:_-]{0,47}", re.ASCII)
_MICROSOFT: Final = "MicrosoftOAuth"
_CLOUDS: Final[Mapping[str, ConnectionCloud]] = {"global": "global", "usgov": "usgov", "china": "china"}
_STATES: Final[Mapping[str, ConnectionState]] = {"active": "active", "inactive": "inactive"}


class Body:
    """Reads members one by one and keeps what is wrong with them."""

    def __init__(self, content: Mapping[str, object]) -> None:
        self._content = content
        self.faults: dict[str, str] = {}

    def has(self, name: str) -> bool:
        """Whether the member is there, `null` included."""
        return name in self._content

    def get(self, name: str) -> object:
        """Whatever it is."""
        return self._content.get(name)

    def text(self, name: str, *, most: int = MOST_NAME, required: bool = False) -> str | None:
        """A line of text that is not empty; `None` where it is absent."""
        value = self._content.get(name)
        if value is None or value == "":
            if required:
                self.faults[name] = f"{name}_required"
            return None
        if not isinstance(value, str):
            self.faults[name] = f"{name}_must_be_string"
        elif len(value) > most:
            self.faults[name] = f"{name}_too_long"
        elif not is_writable(value) or not value.strip():
            self.faults[name] = f"{name}_invalid"
        else:
            return value.strip()
        return None

    def switch(self, name: str) -> bool | None:
        """True or false; `None` where it is absent."""
        value = self._content.get(name)
        if isinstance(value, bool) or value is None:
            return value
        self.faults[name] = f"{name}_must_be_boolean"
        return None

    def items(self, name: str) -> Sequence[object] | None:
        """A list; `None` where it is absent."""
        value = self._content.get(name)
        if isinstance(value, list) or value is None:
            return value
        self.faults[name] = f"{name}_must_be_array"
        return None

    def id(self, name: str, prefix: Prefix) -> str:
        """An id of ours, which must be there; what cannot be one is an id of nothing."""
        text = self.text(name, required=True)
        return "" if text is None else ids.read(prefix, text) or ""

    def check(self) -> None:
        """Raises `ParametersInvalid` if anything was wrong."""
        if self.faults:
            raise ParametersInvalid(self.faults)


def organization_change(content: Mapping[str, object], *, is_new: bool = False) -> OrganizationChange:
    """An organization to be made, or what is to change of one. Raises `ParametersInvalid`."""
    body = Body(content)
    found = OrganizationChange(
        name=body.text("name", required=is_new),
        domains=_domains(body),
        admits_outsiders=body.switch("allow_profiles_outside_organization"),
        metadata=_metadata(body),
        clears_metadata=body.has("metadata") and body.get("metadata") is None,
        external_id=body.text("external_id", most=MOST_EXTERNAL_ID),
        sets_external_id=body.has("external_id"),
    )
    body.check()
    return found


def new_connection(content: Mapping[str, object]) -> NewConnection:
    """A connection to be made: an extension of ours, for WorkOS has a dashboard. Raises `ParametersInvalid`."""
    body = Body(content)
    if body.text("connection_type") not in (None, _MICROSOFT):
        body.faults["connection_type"] = "connection_type_not_supported"
    for name in ("saml_options", "oidc_options"):
        if body.get(name) is not None:
            body.faults[name] = f"{name}_not_supported"
    cloud = body.text("cloud")
    if cloud is not None and cloud not in _CLOUDS:
        body.faults["cloud"] = "cloud_unknown"
    found = NewConnection(
        organization_id=body.id("organization_id", "org"),
        tenant=(body.text("tenant", required=True) or "").lower(),
        name=body.text("name"),
        provider_client_id=_lower(body.text("client_id")),
        secret=body.text("client_secret", most=1024),
        cloud=_CLOUDS.get(cloud or ""),
        domains=_names(body, "domains") or (),
        external_id=body.text("external_id", most=MOST_EXTERNAL_ID),
    )
    body.check()
    return found


def connection_change(content: Mapping[str, object]) -> ConnectionChange:
    """What is to change of a connection. What it asks cannot: another registration is another connection."""
    body = Body(content)
    body.faults |= {
        name: f"{name}_cannot_change" for name in ("tenant", "client_id", "cloud", "organization_id") if body.has(name)
    }
    state = body.text("state")
    if state is not None and state not in _STATES:
        body.faults["state"] = "state_unknown"
    found = ConnectionChange(
        name=body.text("name"),
        state=_STATES.get(state or ""),
        secret=body.text("client_secret", most=1024),
        domains=_names(body, "domains"),
    )
    body.check()
    return found


def new_membership(content: Mapping[str, object]) -> tuple[str, str, tuple[str, ...]]:
    """User, organization and roles. Raises `ParametersInvalid`."""
    body = Body(content)
    found = (body.id("user_id", "user"), body.id("organization_id", "org"), _roles(body))
    body.check()
    return found


def roles_of(content: Mapping[str, object]) -> tuple[str, ...]:
    """Roles; none where nothing is said of them. Raises `ParametersInvalid`."""
    body = Body(content)
    found = _roles(body)
    body.check()
    return found


def _roles(body: Body) -> tuple[str, ...]:
    several = body.items("role_slugs")
    one = body.text("role_slug")
    if several is not None and one is not None:
        body.faults["role_slugs"] = "role_slugs_mutually_exclusive"
    found = [one] if one is not None else list(several or ())
    if several == [] or len(found) > MOST_ROLES or not all(isinstance(e, str) and _SLUG.fullmatch(e) for e in found):
        name = "role_slugs" if several is not None else "role_slug"
        body.faults[name] = f"{name}_invalid"
        return ()
    return tuple(dict.fromkeys(str(each) for each in found))


def _domains(body: Body) -> Sequence[NewDomain] | None:
    """`domain_data` with states, or the older `domains`, which are verified by being named."""
    data = body.items("domain_data")
    if data is None:
        names = _names(body, "domains")
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


def _names(body: Body, name: str) -> Sequence[str] | None:
    """Domains in their canonical spelling."""
    listed = body.items(name)
    if listed is None:
        return None
    found = [canonical_domain(each) for each in listed]
    if None in found or len(found) > 100:
        body.faults[name] = f"{name}_invalid"
    return [each for each in found if each is not None]


def _metadata(body: Body) -> Mapping[str, Any]:
    """Names and texts; `null`, or an empty text, takes one away."""
    unverified = body.get("metadata")
    if unverified is None:
        return {}
    if not isinstance(unverified, dict):
        body.faults["metadata"] = "metadata_invalid"
        return {}
    for name, value in unverified.items():
        fits = value is None or (isinstance(value, str) and len(value) <= MOST_MEMBER_VALUE)
        if not fits or not 1 <= len(name) <= MOST_MEMBER_NAME:
            body.faults["metadata"] = "metadata_invalid"
    return {name: value or None for name, value in unverified.items()}


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
