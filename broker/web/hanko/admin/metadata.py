"""`/users/{id}/metadata` of the admin API: read, and changed by JSON merge patch."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import InvalidRequest
from broker.models.metadata import UserMetadata
from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.hanko import present
from broker.web.hanko.admin import reading

_KINDS = ("public", "private", "unsafe")
_BAD_ID = "invalid user id"


async def read(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}/metadata`: 204 where there is none."""
    return _answer(await broker.accounts.metadata.of(reading.path_uuid(request, "user_id", _BAD_ID)))


async def patch(request: Request, broker: Broker) -> Response:
    """`PATCH /users/{id}/metadata`: `null` as the whole body clears everything."""
    user_id = reading.path_uuid(request, "user_id", _BAD_ID)
    by = reading.by(request, broker)
    body, is_json = (await request.body()).strip(), parse.media_type(request) == parse.JSON
    if is_json and body != b"null" and not body.startswith(b"{"):
        raise _doubled("patch metadata must be null or object")
    patches = None if is_json and body == b"null" else _patches(await parse.json_object(request))
    kept = await broker.accounts.metadata.patch(
        user_id, patches, requester=by.requester, actor="operator", api_key=access.api_key(request).name
    )
    return _answer(kept)


def _patches(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any] | None]:
    found: dict[str, Mapping[str, Any] | None] = {}
    for kind in _KINDS:
        name = f"{kind}_metadata"
        if name in body:
            value = body[name]
            if value is not None and not isinstance(value, dict):
                raise _doubled(f"{name} must be an object or null")
            found[kind] = value
    return found


def _doubled(text: str) -> InvalidRequest:
    """The form that its clients know."""
    return InvalidRequest(f"code=400, message={text}, internal={text}")


def _answer(kept: UserMetadata) -> Response:
    return Response(status_code=204) if kept.is_empty else JSONResponse(present.kept_metadata(kept))
