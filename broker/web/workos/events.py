"""`GET /events`: what happened, in the order in which programs may follow it; oldest first unless asked otherwise."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from broker.models.webhooks import EventFilter
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import event_data, ids, lists
from broker.web.workos.access import application_key
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.returning import SURFACE
from broker.web.workos.webhook_names import is_name

MOST_NAMES: Final = 100
NEVER: Final = "00000000-0000-0000-0000-000000000000"
"""An id that no organization has."""

_ORGANIZATION: Final = frozenset({"organization_id"})
_ONES: Final = frozenset({"range_start", "range_end"})


async def list_events(request: Request, broker: Broker) -> Response:
    """`GET /events`."""
    page = lists.page_of(request, default_order="asc")
    found = await broker.webhooks.kept.page(page.seek("event"), sought(request.scope["query_string"]))
    return lists.answer(page, found, event_data.event)


def sought(unverified_query: bytes) -> EventFilter:
    """What is asked for. Raises `ParametersInvalid`, `InvalidRequest`.

    Python joins the names with commas, Node repeats the parameter, WorkOS' guides write `events[]`.
    """
    unverified = parse.pairs(unverified_query)
    given = parse.single(unverified, _ONES)
    organization = lists.filters(unverified_query, _ORGANIZATION).get("organization_id")
    return EventFilter(
        face=SURFACE,
        names=_names([value for name, value in unverified if name in ("events", "events[]")]),
        organization_id=None if organization is None else ids.read("org", organization) or NEVER,
        begins_at=_moment(given, "range_start"),
        ends_at=_moment(given, "range_end"),
    )


def _names(unverified: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for value in unverified for name in value.split(",") if name))
    if not names:
        raise ParametersInvalid({"events": "events_required"}, "events must name at least one event")
    if len(names) > MOST_NAMES or not all(map(is_name, names)):
        raise ParametersInvalid({"events": "events_invalid"}, "events holds what is no name of an event")
    return names


def _moment(given: Mapping[str, str], name: str) -> int | None:
    """Seconds; a moment without a zone is in UTC. What is written in milliseconds counts from the next second on."""
    unverified = given.get(name)
    if not unverified:
        return None
    try:
        moment = datetime.fromisoformat(unverified)
        at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return -int(-at.timestamp() // 1)
    except (ValueError, OverflowError):
        raise ParametersInvalid({name: f"{name}_invalid"}, f"{name} must be a moment in ISO 8601") from None


EVENTS: tuple[Endpoint, ...] = (Endpoint(method="GET", path="/events", handler=list_events, access=application_key),)
