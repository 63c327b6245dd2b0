"""`X-Request-ID: req_…` on every answer of this face: its SDKs show it with an error. Our log has it without prefix."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.workos.routes import PREFIXES


class RequestIds:
    """Surrounds whatever answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, b"req_" + value if name == b"x-request-id" else value) for name, value in message["headers"]
                ]
            await send(message)

        await self.app(scope, receive, sending)
