"""What the admin API reads out of requests, and the texts with which it refuses, as its clients know them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request

from broker.errors import InvalidRequest
from broker.models.events import By
from broker.protocol.addresses import canonical_address
from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of

MOST_PER_PAGE = 1000
MOST_PAGE = 1_000_000
_END_OF_TIME = 253_402_300_800
"""The year 10000."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def by(request: Request, broker: Broker) -> By:
    """Who acts."""
    return By(api_key=access.api_key(request).name, requester=browser_of(request, broker).requester)


def uuid(unverified: str, message: str) -> str:
    """An id as the store spells it. Raises `InvalidRequest` with this message."""
    if not _UUID.fullmatch(unverified):
        raise InvalidRequest(message)
    return unverified.lower()


def path_uuid(request: Request, name: str, message: str) -> str:
    """The id in the path. Raises `InvalidRequest` with this message."""
    return uuid(request.path_params[name], message)


def number(unverified: str, *, least: int, most: int) -> int:
    """A number of the query, brought into its bounds. Raises `InvalidRequest`."""
    if not _NUMBER.fullmatch(unverified):
        raise InvalidRequest(f'strconv.ParseInt: parsing "{unverified[:40]}": invalid syntax')
    return min(max(int(unverified), least), most)


def address(unverified: object, *, prefix: str = "") -> str:
    """An address in its canonical spelling. Raises `InvalidRequest`."""
    if unverified is None or unverified == "":
        raise InvalidRequest(f"{prefix}address is a required field")
    found = canonical_address(unverified) if isinstance(unverified, str) else None
    if found is None:
        raise InvalidRequest(f"{prefix}address must be a valid email address")
    return found


def switch(body: Mapping[str, Any], name: str) -> bool:
    """A member that is true or false, false when absent. Raises `InvalidRequest`."""
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} must be true or false")
    return value


def moment(unverified: str, name: str) -> int:
    """A time of RFC 3339, in seconds. Raises `InvalidRequest`."""
    try:
        found = datetime.fromisoformat(unverified)
    except ValueError as error:
        raise InvalidRequest(f"{name} must be a time as in 2026-01-02T03:04:05Z") from error
    if found.tzinfo is None or not 0 <= found.timestamp() < _END_OF_TIME:
        raise InvalidRequest(f"{name} must be a time with its zone, as in 2026-01-02T03:04:05Z")
    return int(found.timestamp())


def query(request: Request, known: frozenset[str]) -> dict[str, str]:
    """The known parameters that have a value. Raises `InvalidRequest`."""
    found = parse.single(parse.pairs(request.scope["query_string"]), known)
    for name, value in found.items():
        if "\x00" in value:  # the store refuses it as a fault of ours
            raise InvalidRequest(f"{name} must not hold a NUL")
    return found
