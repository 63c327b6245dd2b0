"""`/webhooks`: who is told of what, what they did not take, and telling them once more.

Deliveries are ours; so is a hook that is switched off and not only deleted.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import BrokerError, InvalidRequest, NotFound
from broker.events.webhooks.hooks import HookChange
from broker.web import errors, parse
from broker.web.access import admin_scope
from broker.web.broker import Broker
from broker.web.hanko import present
from broker.web.hanko.admin import reading
from broker.web.hanko.webhook_names import NAMES
from broker.web.surface import Endpoint, note

UNKNOWN = "unable to find webhook with id: %s"
"""Literally."""


class WebhookDialect(errors.JsonDialect):
    """Errors as Hanko has them of webhooks alone."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """What is missing or wrong with a prefix; a hook that is not there without its id."""
        match error:
            case InvalidRequest():
                note(request, error=error.code, detail=error.detail)
                return errors.body(400, f"code=400, message={error.detail}")
            case NotFound():
                note(request, error=error.code, detail=error.detail)
                return errors.body(404, UNKNOWN)
        return super().spell(error, request, broker)


async def list_all(_request: Request, broker: Broker) -> Response:
    """`GET /webhooks`: those of the database, disabled ones too, and those of the configuration."""
    hooks = broker.webhooks.hooks
    configured = [present.configured_webhook(hook) for hook in hooks.configured_here]
    return JSONResponse(
        {"database": [present.webhook(hook) for hook in await hooks.list()], "config": configured or None}
    )


async def create(request: Request, broker: Broker) -> Response:
    """`POST /webhooks`."""
    change = _change(await parse.json_object(request), broker)
    return JSONResponse(
        present.webhook(await broker.webhooks.hooks.create(change, reading.by(request, broker))), status_code=201
    )


async def read(request: Request, broker: Broker) -> Response:
    """`GET /webhooks/{id}`."""
    return JSONResponse(present.webhook(await broker.webhooks.hooks.get(_id(request))))


async def update(request: Request, broker: Broker) -> Response:
    """`PUT /webhooks/{id}`: the whole hook anew; failures and expiry begin anew with it."""
    hook_id, body = _id(request), await parse.json_object(request)
    change = _change(body, broker, must_say_enabled=True)
    return JSONResponse(
        present.webhook(await broker.webhooks.hooks.update(hook_id, change, reading.by(request, broker)))
    )


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /webhooks/{id}`."""
    await broker.webhooks.hooks.delete(_id(request), reading.by(request, broker))
    return Response(status_code=204)


async def deliveries(request: Request, broker: Broker) -> Response:
    """`GET /webhooks/{id}/deliveries`: what was not taken, newest first; `before` is the last event of a page."""
    given = parse.single(parse.pairs(request.scope["query_string"]), frozenset({"before"}))
    before = given.get("before")
    if before is not None and not parse.is_id(before):
        raise NotFound("this webhook was not told of such an event")
    found = await broker.webhooks.deliveries.unsuccessful(parse.path_id(request, "webhook_id"), before=before)
    return JSONResponse([present.delivery(each) for each in found])


async def redeliver(request: Request, broker: Broker) -> Response:
    """`POST /webhooks/{id}/deliveries/{event_id}/redeliver`: under the same id, whatever became of it."""
    found = await broker.webhooks.deliveries.redeliver(
        parse.path_id(request, "webhook_id"), parse.path_id(request, "event_id")
    )
    return JSONResponse(present.delivery(found), status_code=202)


def _id(request: Request) -> str:
    unverified: str = request.path_params["webhook_id"]
    if not parse.is_id(unverified):
        raise InvalidRequest("ID must be a valid uuid4")
    return unverified


def _change(body: Mapping[str, Any], broker: Broker, *, must_say_enabled: bool = False) -> HookChange:
    """What a hook shall be. Raises `InvalidRequest` with everything that is wrong."""
    complaints = [*_missing(body, must_say_enabled), *_wrong(body, broker)]
    if complaints:
        raise InvalidRequest(" and ".join(complaints))
    return HookChange(
        callback=body["callback"],
        events=tuple(dict.fromkeys(body["events"])),
        enabled=body["enabled"] if must_say_enabled else True,
    )


def _missing(body: Mapping[str, Any], must_say_enabled: bool) -> Iterator[str]:
    wanted = ("callback", "events", "enabled") if must_say_enabled else ("callback", "events")
    for name in wanted:
        if body.get(name) in (None, ""):
            yield f"{name} is a required field"


def _wrong(body: Mapping[str, Any], broker: Broker) -> Iterator[str]:
    callback, events, enabled = body.get("callback"), body.get("events"), body.get("enabled")
    if callback not in (None, ""):
        complaint = broker.webhooks.hooks.complaint_about(callback) if isinstance(callback, str) else "must be a string"
        if complaint is not None:
            yield f"callback {complaint}"
    if events not in (None, ""):
        yield from _wrong_events(events)
    if enabled is not None and not isinstance(enabled, bool):
        yield "enabled must be true or false"


def _wrong_events(events: object) -> Iterator[str]:
    if not isinstance(events, list) or len(events) > len(NAMES):
        yield "events must be a list of events"
    elif not events:
        yield "length of events must be greater or equal to 1"
    else:
        for index, event in enumerate(events):
            if not isinstance(event, str) or event not in NAMES:
                yield f"{str(event)[:50]} in events[{index}] is not a valid webhook event"


_READ, _WRITE, _DIALECT = admin_scope("webhooks:read"), admin_scope("webhooks:write"), WebhookDialect()
_DELIVERIES = "/webhooks/{webhook_id}/deliveries"

WEBHOOKS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/webhooks", handler=list_all, access=_READ, dialect=_DIALECT),
    Endpoint(method="POST", path="/webhooks", handler=create, access=_WRITE, dialect=_DIALECT),
    Endpoint(method="GET", path="/webhooks/{webhook_id}", handler=read, access=_READ, dialect=_DIALECT),
    Endpoint(method="PUT", path="/webhooks/{webhook_id}", handler=update, access=_WRITE, dialect=_DIALECT),
    Endpoint(method="DELETE", path="/webhooks/{webhook_id}", handler=delete, access=_WRITE, dialect=_DIALECT),
    Endpoint(method="GET", path=_DELIVERIES, handler=deliveries, access=_READ),
    Endpoint(method="POST", path=_DELIVERIES + "/{event_id}/redeliver", handler=redeliver, access=_WRITE),
)
"""For the table in `routes`."""
