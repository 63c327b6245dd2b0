"""The list of connections: the environment's in front, for the configuration has no ages, and organizations' by age."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from broker.models.lists import Part, Seek
from broker.models.organizations import ConnectionFilter
from broker.protocol.addresses import canonical_domain
from broker.web.broker import Broker
from broker.web.workos import ids
from broker.web.workos import organization_shapes as shapes
from broker.web.workos.lists import searched
from broker.web.workos.selection import connection_type

_NOTHING: Final = ""
Shown = dict[str, Any]


async def part(wanted: Seek, given: Mapping[str, str], broker: Broker) -> Part[Shown]:
    """One page of both lists, one behind the other; `given` are the filters of the query."""
    ours = _environments(given, broker)
    places = {ids.read("conn", each["id"]): place for place, each in enumerate(ours)}
    if wanted.after is None and wanted.before is not None:
        return await _before(wanted, places.get(wanted.before), ours, given, broker)
    if wanted.after is not None and wanted.after not in places:
        found = await _theirs(wanted, given, broker)
        return replace(found, more_before=found.more_before or bool(ours))
    first = 0 if wanted.after is None else places[wanted.after] + 1
    shown = ours[first : first + wanted.limit]
    room = wanted.limit - len(shown)
    theirs = await _theirs(replace(wanted, limit=max(room, 1), after=None), given, broker)
    left_out = first + wanted.limit < len(ours) or len(theirs.items) > room
    return Part(items=(*shown, *theirs.items[:room]), more_before=first > 0, more_after=left_out or theirs.more_after)


async def _before(
    wanted: Seek, place: int | None, ours: Sequence[Shown], given: Mapping[str, str], broker: Broker
) -> Part[Shown]:
    """`place`: where the cursor stands in ours, if it does."""
    found: Part[Shown] = Part(items=(), more_before=False, more_after=True)
    if place is None:
        found, place = await _theirs(wanted, given, broker), len(ours)
    if found.more_before:
        return found
    first = max(0, place - (wanted.limit - len(found.items)))
    return replace(found, items=(*ours[first:place], *found.items), more_before=first > 0)


async def _theirs(wanted: Seek, given: Mapping[str, str], broker: Broker) -> Part[Shown]:
    """Those of organizations, which all are Microsoft's."""
    if given.get("connection_type") not in (None, "MicrosoftOAuth"):
        return Part(items=(), more_before=False, more_after=False)
    found = await broker.organizing.connections.page(wanted, _sought(given))
    return found.holding(map(shapes.connection, found.items))


def _environments(given: Mapping[str, str], broker: Broker) -> list[Shown]:
    """The configured providers that fit: none of them is an organization's, or has a domain."""
    if "organization_id" in given or "domain" in given:
        return []
    name_part, kind = (searched(given) or "").lower(), given.get("connection_type")
    return [
        shapes.environments_connection(provider, name)
        for provider, name in broker.display_names.items()
        if name_part in name.lower() and kind in (None, connection_type(provider))
    ]


def _sought(given: Mapping[str, str]) -> ConnectionFilter:
    """What cannot be an id or a domain is nobody's, and no mistake."""
    organization, domain = given.get("organization_id"), given.get("domain")
    return ConnectionFilter(
        organization_id=None if organization is None else ids.read("org", organization) or _NOTHING,
        name_part=searched(given),
        domain=None if domain is None else canonical_domain(domain) or _NOTHING,
    )
