"""Who may call the management API of this face: a program with an API key of an application, and no page."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotAuthenticated, NotPermitted
from broker.models.applications import Application
from broker.models.events import By
from broker.telemetry.logging import get_logger
from broker.web.access import bearer_tokens
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.surface import note


async def application_key(request: Request, broker: Broker) -> Response | None:
    """A key of an application: it opens what is the deployment's, which is one environment."""
    if "origin" in request.headers:
        raise NotPermitted("an API key is a secret, and no page can keep one")
    for unverified_key in bearer_tokens(request):
        found = broker.applications.by_api_key(unverified_key)
        weigh(unverified_key, request, broker, is_right=found is not None)
        if found is not None:
            note(request, application=found.client_id)
            request.scope["application"] = found
            return None
    raise NotAuthenticated("no API key of an application")


def weigh(unverified_key: str, request: Request, broker: Broker, *, is_right: bool) -> None:
    """Take note of a key that was tried, where there are limits. Raises `RateLimited` after too many wrong ones."""
    if broker.rules.request_limits and broker.wrong_keys.weigh(request.scope, unverified_key, is_right=is_right):
        broker.metrics.security_events.labels("wrong_api_keys").inc()
        detail, request_id = "too many from one address; it waits", request.scope.get("request_id")
        get_logger().warning("security", kind="wrong_api_keys", detail=detail, request_id=request_id)


def application_of(request: Request) -> Application:
    """Whose key `application_key` found."""
    found = request.scope["application"]
    assert isinstance(found, Application)  # noqa: S101 - set by the access rule of the same route
    return found


def by(request: Request, broker: Broker) -> By:
    """Who acts, for the trail."""
    return By(application=application_of(request).client_id, requester=browser_of(request, broker).requester)
