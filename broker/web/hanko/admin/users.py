"""`/users` of the admin API: list, make, read, change, remove."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.accounts.administration import NewAddress, NewUser
from broker.errors import InvalidRequest
from broker.models.users import MOST_NAME_CHARACTERS
from broker.web import parse
from broker.web.broker import Broker
from broker.web.hanko import present
from broker.web.hanko.admin import paging, reading

BAD_ID = "failed to parse userId as uuid"
_FILTERS = frozenset({"email", "username", "user_id", "sort_direction"})
_CHANGEABLE = ("name", "given_name", "family_name", "picture")

_MOST_PICTURE = 2048
_MOST_NEW_ADDRESSES = 5


async def list_users(request: Request, broker: Broker) -> Response:
    """`GET /users`: by creation, newest first unless asked otherwise."""
    page, given = paging.page_of(request), reading.query(request, _FILTERS)
    direction = given.get("sort_direction", "desc")
    if direction not in ("asc", "desc"):
        raise InvalidRequest("sort_direction must be desc or asc")
    if "username" in given and "email" not in given:
        return paging.paged([], page, 0, request)  # nobody has one; everybody would be the wrong answer
    ids = [each.strip() for each in given.get("user_id", "").split(",") if each.strip()]
    found = await broker.users.page(
        address_part=given.get("email"),
        ids=tuple(reading.uuid(each, "failed to parse user_id as uuid") for each in ids),
        oldest_first=direction == "asc",
        limit=page.size,
        offset=page.offset,
    )
    return paging.paged([present.listed_user(each) for each in found.profiles], page, found.total, request)


async def create(request: Request, broker: Broker) -> Response:
    """`POST /users`: somebody who has not signed in yet."""
    profile = await broker.accounts.administration.create(
        _new_user(await parse.json_object(request)), reading.by(request, broker)
    )
    return JSONResponse(present.admin_user(profile))


async def read(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}`."""
    user_id = reading.path_uuid(request, "user_id", BAD_ID)
    profile = await broker.users.profile(user_id)
    return JSONResponse(present.admin_user(profile, metadata=await broker.accounts.metadata.of(user_id)))


async def change(request: Request, broker: Broker) -> Response:
    """`PATCH /users/{id}`: what is absent stays, `null` clears."""
    user_id = reading.path_uuid(request, "user_id", BAD_ID)
    changes = _changes(await parse.json_object(request))
    profile = await broker.accounts.administration.change(user_id, changes, reading.by(request, broker))
    return JSONResponse(present.admin_user(profile, metadata=await broker.accounts.metadata.of(user_id)))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /users/{id}`."""
    user_id = reading.path_uuid(request, "user_id", BAD_ID)
    await broker.accounts.administration.delete(user_id, reading.by(request, broker))
    return Response(status_code=204)


def _new_user(body: Mapping[str, Any]) -> NewUser:
    given = body.get("emails")
    if not isinstance(given, list) or not given:
        raise InvalidRequest("at least one of [Emails, Username] must be set")
    if len(given) > _MOST_NEW_ADDRESSES:
        raise InvalidRequest("max number of email addresses reached")
    addresses = [_new_address(each) for each in given]
    primary = sum(each.is_primary for each in addresses)
    if len({each.address for each in addresses}) < len(addresses):
        raise InvalidRequest("emails entries are not unique")
    if primary != 1:
        raise InvalidRequest(
            "only one primary email is allowed" if primary else "at least one primary email must be provided"
        )
    user_id = parse.text_member(body, "id")
    created_at = parse.text_member(body, "created_at")
    return NewUser(
        id=None if user_id is None else reading.uuid(user_id, "id must be a valid uuid"),
        created_at=None if created_at is None else reading.moment(created_at, "created_at"),
        addresses=addresses,
    )


def _new_address(unverified: object) -> NewAddress:
    if not isinstance(unverified, dict):
        raise InvalidRequest("address is a required field")
    return NewAddress(
        address=reading.address(unverified.get("address")),
        is_primary=reading.switch(unverified, "is_primary"),
        is_verified=reading.switch(unverified, "is_verified"),
    )


def _changes(body: Mapping[str, Any]) -> dict[str, str | None]:
    """The members that are to change."""
    changes: dict[str, str | None] = {}
    for name in _CHANGEABLE:
        if name in body:
            changes[name] = _picture(body[name]) if name == "picture" else _text(name, body[name])
    return changes


def _text(name: str, unverified: object) -> str | None:
    if unverified is None:
        return None
    if not isinstance(unverified, str) or not unverified.strip() or len(unverified) > MOST_NAME_CHARACTERS:
        raise InvalidRequest(f"{name} must be a non-empty string or null")
    return unverified


def _picture(unverified: object) -> str | None:
    """A web address with a host and without user info: it will stand in pages as the source of an image."""
    if unverified is None:
        return None
    wrong = InvalidRequest("picture must be a valid http(s) URL or null")
    if not isinstance(unverified, str) or not unverified.isprintable() or len(unverified.encode()) > _MOST_PICTURE:
        raise wrong
    try:
        parts = urlsplit(unverified.strip())
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise wrong
    return unverified.strip()
