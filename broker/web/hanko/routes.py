"""What Hanko's clients call that the plain surface has not: every path, and who may call it."""

from functools import partial

from broker.web.access import public
from broker.web.hanko.flow import flows
from broker.web.hanko.flow.engine import FlowDialect, serve
from broker.web.surface import Endpoint

FLOWS: tuple[Endpoint, ...] = tuple(
    Endpoint(
        method="POST",
        path=f"/{flow.name}",
        handler=partial(serve, flow),
        access=public,
        bucket="flows",
        dialect=FlowDialect(),
    )
    for flow in flows.FLOWS.values()
)
"""The Flow API; errors are flows, too. Those of a profile demand the session themselves, at every request."""

REST: tuple[Endpoint, ...] = ()
"""What classic clients call; errors are Hanko's JSON."""
