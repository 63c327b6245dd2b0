"""CORS for the origins that the operator listed: with credentials, since sessions are cookies.

An origin that is not listed is served without CORS headers; what it may not do is decided by `origin_rule`. This
surrounds rate limits and errors, so that a page can read why it was refused. A page that is not listed shows nothing
but an error in the browser's console, so the log names it and the key.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.broker import Broker
from broker.web.origins import key_for, origins_for

EXPOSED = (
    "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, X-Session-Lifetime, "
    "X-Session-Retention"
)
"""What Hanko's SDK reads, and our reference."""
METHODS = "GET, HEAD, PUT, PATCH, POST, DELETE"
PREFLIGHT_SECONDS = 7200
_ASKED_BY_SCRIPTS = ("OPTIONS", "GET")
"""Methods with which only scripts send an `Origin`; with POST the forms of providers do, too."""
_ORIGIN_LENGTH = 100


class Cors:
    """Answers preflights and marks answers (Fetch standard, section 3.3)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, with CORS headers where its origin is listed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, broker = Headers(scope=scope), scope["broker"]
        origin = headers.get("origin")
        listed = origins_for(scope["path"], broker)
        admitted = origin is not None and listed is not None and listed.admits(origin)
        if origin is not None and not admitted and scope["method"] in _ASKED_BY_SCRIPTS:
            _tell(scope, origin, broker)
        if scope["method"] == "OPTIONS" and origin is not None and "access-control-request-method" in headers:
            await _preflight(headers, origin if admitted else None)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"vary", b"Origin")]
                # A handler that knows more of the caller may have refused the origin after all.
                if admitted and origin is not None and not scope.get("origin_refused"):
                    _mark(MutableHeaders(scope=message), origin, broker)
            await send(message)

        await self.app(scope, receive, sending)


def _tell(scope: Scope, unverified_origin: str, broker: Broker) -> None:
    """Put the page and the remedy into the request's line of the log."""
    if unverified_origin != broker.rules.public_origin:
        key = key_for(scope["path"])
        # No origin has other characters, and some that a header can hold steer a terminal.
        shown = "".join(each for each in unverified_origin if "!" <= each <= "~")[:_ORIGIN_LENGTH]
        facts = {"refused_origin": shown, "remedy": f"list the page's origin in {key}"}
        scope["log_facts"] = scope.get("log_facts", {}) | facts


def _mark(answer: MutableHeaders, origin: str, broker: Broker) -> None:
    answer["Access-Control-Allow-Origin"] = origin
    answer["Access-Control-Allow-Credentials"] = "true"
    token = ", X-Auth-Token" if broker.rules.auth_token_header else ""
    answer["Access-Control-Expose-Headers"] = EXPOSED + token


def _preflight(headers: Headers, admitted_origin: str | None) -> Response:
    response = Response(status_code=204)
    response.headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    if admitted_origin is not None:
        response.headers["Access-Control-Allow-Origin"] = admitted_origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        asked = headers.get("access-control-request-headers")
        if asked is not None:
            response.headers["Access-Control-Allow-Headers"] = asked
    return response
