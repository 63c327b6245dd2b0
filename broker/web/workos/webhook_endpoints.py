"""`/webhook_endpoints`: who is told of events, as an application's program sets it up.

An endpoint's secret is shown to whoever has an API key; what is sent there is signed with it (`webhooks`).
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import NotFound
from broker.events.webhooks.hooks import HookChange
from broker.models.webhooks import Webhook
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import ids, lists, times
from broker.web.workos.access import application_key, by
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.returning import SURFACE
from broker.web.workos.webhook_names import is_name

MOST_EVENTS = 100
_STATUS = {"enabled": True, "disabled": False}


async def list_endpoints(request: Request, broker: Broker) -> Response:
    """`GET /webhook_endpoints`: those that the API made, newest first unless asked otherwise."""
    page = lists.page_of(request)
    found = await broker.webhooks.hooks.page(page.seek("we"), face=SURFACE)
    return lists.answer(page, found, lambda hook: _endpoint(hook, broker))


async def create(request: Request, broker: Broker) -> Response:
    """`POST /webhook_endpoints`."""
    body = await parse.json_object(request)
    change = HookChange(callback=_url(body, broker), events=_events(body))
    hook = await broker.webhooks.hooks.create(change, by(request, broker), face=SURFACE)
    return JSONResponse(_endpoint(hook, broker), status_code=201)


async def update(request: Request, broker: Broker) -> Response:
    """`PATCH /webhook_endpoints/{id}`: what is not named stays as it is."""
    hook_id, body = _id(request), await parse.json_object(request)
    change = HookChange(
        callback=None if body.get("endpoint_url") is None else _url(body, broker),
        events=None if body.get("events") is None else _events(body),
        enabled=None if body.get("status") is None else _status(body),
    )
    changed = await broker.webhooks.hooks.update(hook_id, change, by(request, broker), face=SURFACE)
    return JSONResponse(_endpoint(changed, broker))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /webhook_endpoints/{id}`."""
    await broker.webhooks.hooks.delete(_id(request), by(request, broker), face=SURFACE)
    return Response(status_code=204)


def _endpoint(hook: Webhook, broker: Broker) -> dict[str, Any]:
    return {
        "object": "webhook_endpoint",
        "id": ids.spelled("we", hook.id),
        "endpoint_url": hook.callback,
        "secret": broker.webhooks.secrets.of(hook),
        "status": "enabled" if hook.enabled else "disabled",
        "events": [each.event for each in hook.events],
        "created_at": times.spelled(hook.created_at),
        "updated_at": times.spelled(hook.updated_at),
    }


def _id(request: Request) -> str:
    found = ids.read("we", request.path_params["endpoint_id"])
    if found is None:
        raise NotFound("there is no such webhook endpoint")
    return found


def _url(body: Mapping[str, Any], broker: Broker) -> str:
    """Where it may be asked."""
    unverified = body.get("endpoint_url")
    if not isinstance(unverified, str) or not unverified:
        raise ParametersInvalid({"endpoint_url": "endpoint_url_required"}, "endpoint_url must be a URL")
    complaint = broker.webhooks.hooks.complaint_about(unverified)
    if complaint is not None:
        raise ParametersInvalid({"endpoint_url": "endpoint_url_invalid"}, f"endpoint_url {complaint}")
    return unverified


def _events(body: Mapping[str, Any]) -> tuple[str, ...]:
    unverified = body.get("events")
    if not isinstance(unverified, list) or not unverified:
        raise ParametersInvalid({"events": "events_required"}, "events must name at least one event")
    if len(unverified) > MOST_EVENTS or not all(isinstance(each, str) and is_name(each) for each in unverified):
        raise ParametersInvalid({"events": "events_invalid"}, "events holds what is no name of an event")
    return tuple(dict.fromkeys(unverified))


def _status(body: Mapping[str, Any]) -> bool:
    unverified = body.get("status")
    if not isinstance(unverified, str) or unverified not in _STATUS:
        raise ParametersInvalid({"status": "status_invalid"}, "status must be enabled or disabled")
    return _STATUS[unverified]


WEBHOOK_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/webhook_endpoints", handler=list_endpoints, access=application_key),
    Endpoint(method="POST", path="/webhook_endpoints", handler=create, access=application_key),
    Endpoint(method="PATCH", path="/webhook_endpoints/{endpoint_id}", handler=update, access=application_key),
    Endpoint(method="DELETE", path="/webhook_endpoints/{endpoint_id}", handler=delete, access=application_key),
)
