"""Graph's lists of groups: paged by `@odata.nextLink`, whose page is on the same host.

Source: Microsoft Graph's reference of `memberOf`, `transitiveMemberOf` and `getMemberGroups`, and of paging.
"""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.graph_answers import GROUP_SCOPES, GraphFailure, caller_of, graph_answer, graph_base
from broker.emulator.groups import Group, groups_of

_PAGE = 100
_LARGEST_PAGE = 999
_MAX_BODY = 64 * 1024


async def member_of(request: Request) -> Response:
    """`GET /v1.0/me/memberOf` and `/v1.0/me/transitiveMemberOf`: one page of the person's groups."""
    person = caller_of(request, any_of=GROUP_SCOPES).person
    if person.tenant.personal:
        raise _not_for_personal()
    query = dict(parse_qsl(request.url.query))
    size, begin = _number(query, "$top", _PAGE), _number(query, "$skiptoken", 0)
    if not 1 <= size <= _LARGEST_PAGE:
        raise _bad_request("Invalid page size specified.")
    groups = groups_of(person)
    content: dict[str, object] = {"@odata.context": f"{graph_base(request)}/v1.0/$metadata#directoryObjects"}
    if query.get("$count") == "true" and request.headers.get("consistencylevel") == "eventual":
        content["@odata.count"] = len(groups)
    if begin + size < len(groups):
        following = urlencode({**query, "$skiptoken": str(begin + size)}, safe="$,")
        content["@odata.nextLink"] = f"{_address(request)}?{following}"
    content["value"] = _members(groups[begin : begin + size], query)
    return graph_answer(request, content)


async def get_member_groups(request: Request) -> Response:
    """`POST /v1.0/me/getMemberGroups`: the ids of all of the person's groups at once."""
    person = caller_of(request, any_of=GROUP_SCOPES).person
    if person.tenant.personal:
        raise _not_for_personal()
    if not isinstance((await _json(request)).get("securityEnabledOnly"), bool):
        raise _bad_request("securityEnabledOnly has to be true or false.")
    content = {
        "@odata.context": f"{graph_base(request)}/v1.0/$metadata#Collection(Edm.String)",
        "value": [group.id for group in groups_of(person)],
    }
    return graph_answer(request, content)


def _members(groups: Sequence[Group], query: Mapping[str, str]) -> list[dict[str, object]]:
    wanted = [name.strip() for name in query.get("$select", "").split(",") if name.strip()]
    return [
        {"@odata.type": "#microsoft.graph.group"}
        | {name: value for name, value in _group(group).items() if not wanted or name in wanted}
        for group in groups
    ]


def _group(group: Group) -> dict[str, object]:
    return {"id": group.id, "displayName": group.name, "groupTypes": [], "mailEnabled": False, "securityEnabled": True}


def _address(request: Request) -> str:
    return graph_base(request) + request.url.path.removeprefix("/graph")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9:
        raise _bad_request(f"{name} is no number.")
    return int(text)


async def _json(request: Request) -> Mapping[str, object]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise _bad_request("The body is too large.")
    try:
        content = json.loads(bytes(body))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _bad_request("Unable to read JSON request payload.")
    return content


def _bad_request(message: str) -> GraphFailure:
    return GraphFailure(status=400, code="Request_BadRequest", message=message)


def _not_for_personal() -> GraphFailure:
    return GraphFailure(status=403, code="AccessDenied", message="This is not available to personal accounts.")
