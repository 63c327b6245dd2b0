"""The admin address: every path, and who may call it. Only health and figures are open."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotFound
from broker.telemetry.metrics import CONTENT_TYPE
from broker.web.access import admin_key, admin_scope, no_page
from broker.web.admin import provider_tokens
from broker.web.broker import Broker
from broker.web.health import alive, ready
from broker.web.surface import Endpoint


async def metrics(_request: Request, broker: Broker) -> Response:
    """`GET /metrics`: for Prometheus."""
    return Response(broker.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


async def nothing_here(_request: Request, _broker: Broker) -> Response:
    """Whatever else is asked for; answered only to those who have a key."""
    raise NotFound


ADMIN: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/metrics", handler=metrics, access=no_page),
    Endpoint(method="GET", path="/health/alive", handler=alive, access=no_page),
    Endpoint(method="GET", path="/health/ready", handler=ready, access=no_page),
    Endpoint(
        method="GET",
        path="/users/{user_id}/provider-tokens/{provider}",
        handler=provider_tokens.of_user,
        access=admin_scope("provider_tokens:read"),
    ),
    *(
        Endpoint(method=method, path="/{path:path}", handler=nothing_here, access=admin_key)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
)
