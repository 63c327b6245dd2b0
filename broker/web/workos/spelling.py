"""What every answer of this face has in common, whoever gives it: `X-Request-ID: req_…`, which its SDKs show with an
error (our log has it without prefix), and the shape of what is refused before an endpoint is asked.
"""

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.answers import REFUSALS
from broker.web.strings import STATUS
from broker.web.workos.errors import api_error, message_error, oauth_refusal
from broker.web.workos.routes import EXCHANGES, PREFIXES

_EXCHANGES = frozenset(endpoint.path for endpoint in EXCHANGES)


class Spelling:
    """Surrounds whatever answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self.app(scope, receive, send)
            return
        scope[REFUSALS] = oauth_refusal if scope["path"] in _EXCHANGES else _refusal

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, b"req_" + value if name == b"x-request-id" else value) for name, value in message["headers"]
                ]
            await send(message)

        await self.app(scope, receive, sending)


def _refusal(status: int) -> Response:
    """Of the management API, and of page loads: a word for the status."""
    if status == 404:
        return message_error(404, STATUS[404])
    if status == 429:
        return api_error(429, "rate_limit_exceeded", STATUS[429])
    word = "server_error" if status >= 500 else STATUS[status].lower().replace(" ", "_")
    return api_error(status, word, STATUS[status])
