"""One line a request, and the request id that ties it to the answer.

Never in it: query, body, cookies, headers; the client's address only where the operator asked for it. The route stands
as its template. A bug's traceback goes to the log with the request id; outside only the id is seen.
"""

import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.crypto import request_id
from broker.telemetry.logging import get_logger
from broker.web.answers import refusal
from broker.web.broker import Broker

_WELL_FORMED = re.compile(r"[A-Za-z0-9-]{1,64}")
_QUIET = ("/health/", "/metrics")
NEEDS_THE_OPERATOR = frozenset({"provider_misconfigured", "server_error", "temporarily_unavailable"})
"""How a sign-in ends that will go on ending so until somebody mends something; the line's `detail` says what."""


class RequestLog:
    """Surrounds everything that can fail: whatever happens inside, there is an id, a line, a figure and an answer.

    `template_of` names the route of a request that was refused on its way there.
    """

    def __init__(
        self, app: ASGIApp, *, surface: str, template_of: Callable[[str], str | None] = lambda _path: None
    ) -> None:
        self.app = app
        self._surface = surface
        self._template_of = template_of
        self._log = get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request and write its line."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        broker: Broker = scope["broker"]
        given = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = own = given if _WELL_FORMED.fullmatch(given) else request_id()
        started = broker.clock.monotonic()
        answer, id_header = {"status": 0}, (b"x-request-id", own.encode())

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                others = [pair for pair in message["headers"] if pair[0] != id_header[0]]
                message["headers"] = [*others, id_header]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            scope["unforeseen"] = error
            if answer["status"] == 0:
                await refusal(scope, 500)(scope, receive, sending)
        self._write(scope, broker, answer["status"], broker.clock.monotonic() - started)

    def _write(self, scope: Scope, broker: Broker, status: int, seconds: float) -> None:
        route = scope.get("route_path") or self._template_of(scope["path"]) or "-"
        broker.metrics.answered(route, scope["method"] if route != "-" else "-", status, seconds)
        line = {
            "request_id": scope["request_id"],
            "surface": self._surface,
            "method": scope["method"][:10],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            **scope.get("log_facts", {}),
        }
        client = scope.get("client")
        if broker.rules.log_addresses and client is not None:
            line["client"] = client[0]
        is_quiet = route.startswith(_QUIET)
        if "unforeseen" in scope:
            self._log.error("request", exc_info=scope["unforeseen"], **line)
        elif is_quiet and status < 400:
            self._log.debug("request", **line)
        elif line.get("outcome") in NEEDS_THE_OPERATOR or (status >= 500 and not is_quiet):
            self._log.warning("request", **line)
        else:
            self._log.info("request", **line)
