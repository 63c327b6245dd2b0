"""How a face is put together: a table of endpoints, each with who may call it, and one dialect for its errors.

No endpoint can be mounted without naming its access. A handler parses, calls one use case and presents; what it
raises is spelled here, once, by the dialect of its face.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from broker.errors import BrokerError
from broker.web.answers import refusal
from broker.web.broker import Broker

Handler = Callable[[Request, Broker], Awaitable[Response]]
Access = Callable[[Request, Broker], Awaitable[Response | None]]
"""Lets a request pass (`None`), answers it, or raises."""


class Dialect(Protocol):
    """How one face spells our errors."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """The answer for an error that we foresaw."""
        ...

    def spell_unforeseen(self, request: Request, broker: Broker) -> Response:
        """The answer for a bug: nothing but that it happened."""
        ...


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One line of a face's table. `bucket` names the rate limit that counts its requests.

    `dialect` spells this endpoint's errors, where that is not the one of the whole table.
    """

    method: str
    path: str
    handler: Handler
    access: Access
    bucket: str | None = None
    dialect: Dialect | None = None


def mount(endpoints: Sequence[Endpoint], dialect: Dialect, *, access_first: bool = False) -> list[Route]:
    """Starlette's routes for a table; several methods of one path become one route, so that 405 is right.

    `access_first`: only those who may call a path are told which methods it has.
    """
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    return [Route(path, _Group(path, group, dialect, access_first)) for path, group in by_path.items()]


def buckets(endpoints: Sequence[Endpoint]) -> dict[str, str]:
    """Path (up to its first parameter) to the bucket that limits it."""
    return {one.path.partition("{")[0]: one.bucket for one in endpoints if one.bucket is not None}


def broker_of(request: Request) -> Broker:
    """The broker that this request began with."""
    found = request.scope["broker"]
    assert isinstance(found, Broker)  # noqa: S101 - set by the app for every request
    return found


def note(request: Request, **facts: str | int | bool | None) -> None:
    """Add facts to this request's one log line."""
    request.scope.setdefault("log_facts", {}).update({key: value for key, value in facts.items() if value is not None})


class _Group:
    """The endpoints of one path, as an ASGI app.

    HEAD is refused like any method that the table does not name: a link preview must not use up a callback.
    """

    def __init__(self, path: str, group: Sequence[Endpoint], dialect: Dialect, access_first: bool) -> None:
        self._path = path
        self._by_method = {endpoint.method: endpoint for endpoint in group}
        self._asked_of_other_methods = group[0].access if access_first else None
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        scope["route_path"] = self._path
        response = await self._answer(request, broker_of(request))
        await response(scope, receive, send)

    async def _answer(self, request: Request, broker: Broker) -> Response:
        endpoint = self._by_method.get(request.method)
        access = self._asked_of_other_methods if endpoint is None else endpoint.access
        dialect = self._dialect if endpoint is None or endpoint.dialect is None else endpoint.dialect
        try:
            answered = None if access is None else await access(request, broker)
            if answered is not None:
                return answered
            return self._other_method(request) if endpoint is None else await endpoint.handler(request, broker)
        except BrokerError as error:
            return dialect.spell(error, request, broker)
        except Exception as error:
            request.scope["unforeseen"] = error
            return dialect.spell_unforeseen(request, broker)

    def _other_method(self, request: Request) -> Response:
        response = refusal(request.scope, 405)
        response.headers["Allow"] = ", ".join(self._by_method)
        return response
