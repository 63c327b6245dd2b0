"""What an application's program says of a connection in a body."""

from collections.abc import Mapping
from typing import Final

from broker.accounts.organization_connections import ConnectionChange, NewConnection
from broker.models.organizations import ConnectionCloud, ConnectionState
from broker.web.workos.body import MOST_EXTERNAL_ID, Body

_MICROSOFT: Final = "MicrosoftOAuth"
_MOST_SECRET: Final = 1024
_CLOUDS: Final[Mapping[str, ConnectionCloud]] = {"global": "global", "usgov": "usgov", "china": "china"}
_STATES: Final[Mapping[str, ConnectionState]] = {"active": "active", "inactive": "inactive"}


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
        secret=body.text("client_secret", most=_MOST_SECRET),
        cloud=_CLOUDS.get(cloud or ""),
        domains=body.domains("domains") or (),
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
        secret=body.text("client_secret", most=_MOST_SECRET),
        domains=body.domains("domains"),
    )
    body.check()
    return found


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
