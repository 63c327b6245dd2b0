"""Around the flows' addresses: whatever refuses a request before it comes to a flow, the client reads a flow.

The published SDK parses each answer as one, whatever its status; an answer of another shape leaves the page dead.
It joins address and path by plain concatenation, so that an address with a slash at its end asks for `//login`.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.hanko.errors import RATE_LIMITED, flow_error_of_status
from broker.web.hanko.flow.envelope import without_context
from broker.web.hanko.flow.flows import FLOWS, NOT_OFFERED

_PAGE = "/login"
_PATHS = frozenset({*(f"/{name}" for name in FLOWS), NOT_OFFERED})


class FlowFraming:
    """Turns our refusals into flows in the state `error`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _is_of_flow(scope):
            await self.app(scope, receive, send)
            return
        scope["path"] = "/" + scope["path"].lstrip("/")
        scope["raw_path"] = scope["path"].encode()
        await self.app(scope, receive, _Reframing(scope, send).send)


def _is_of_flow(scope: Scope) -> bool:
    """A page load of `/login` is for our sign-in page; flows are posted to."""
    if scope["method"] == "GET" and scope["path"] == _PAGE:
        return False
    return "/" + scope["path"].lstrip("/") in _PATHS


class _Reframing:
    """One answer: passed on as it is when it is a flow, or good; otherwise replaced, its headers kept."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._replaced = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._replaced = message["status"] >= 400 and not self._scope.get("flow_shaped")
            if self._replaced:
                await self._send_other(message)
                return
        if not self._replaced:
            await self._send(message)

    async def _send_other(self, message: Message) -> None:
        error = flow_error_of_status(message["status"])
        wait = Headers(raw=message["headers"]).get("retry-after", "")
        known = error is RATE_LIMITED and wait.isdigit()
        body = without_context(error, payload={"retry_after": int(wait)} if known else None).body
        headers = MutableHeaders(raw=message["headers"])
        headers["Content-Type"], headers["Content-Length"] = "application/json", str(len(body))
        await self._send({**message, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
