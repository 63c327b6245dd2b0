"""What Hanko's clients call that the plain surface has not: every path, and who may call it."""

from functools import partial

from broker.web.access import public, session
from broker.web.hanko import own_user, public_configuration
from broker.web.hanko.flow import flows
from broker.web.hanko.flow.engine import FlowDialect, not_offered, serve
from broker.web.surface import Endpoint, Handler


def _flow(path: str, handler: Handler) -> Endpoint:
    return Endpoint(method="POST", path=path, handler=handler, access=public, bucket="flows", dialect=FlowDialect())


FLOWS: tuple[Endpoint, ...] = (
    *(_flow(f"/{flow.name}", partial(serve, flow)) for flow in flows.FLOWS.values()),
    _flow(flows.NOT_OFFERED, not_offered),
)
"""The Flow API; errors are flows, too. Those of a profile demand the session themselves, at every request."""


def _change(method: str, path: str, handler: Handler) -> Endpoint:
    """Each leaves an entry in the trail, and there and back can be asked for without end: as often as of a flow."""
    return Endpoint(method=method, path=path, handler=handler, access=session, bucket="flows")


REST: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/.well-known/config", handler=public_configuration.read, access=public),
    Endpoint(method="GET", path="/users/{user_id}", handler=own_user.read, access=session),
    _change("DELETE", "/user", own_user.delete),
    Endpoint(method="GET", path="/emails", handler=own_user.addresses, access=session),
    _change("DELETE", "/emails/{email_id}", own_user.delete_address),
    _change("POST", "/emails/{email_id}/set_primary", own_user.set_primary),
    Endpoint(method="GET", path="/webauthn/credentials", handler=own_user.no_passkeys, access=session),
)
"""What classic clients call; errors are Hanko's JSON."""
