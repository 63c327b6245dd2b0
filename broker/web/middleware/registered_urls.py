"""Before anybody is asked where a browser may go or whose scripts may call: know what programs registered lately."""

from starlette.types import ASGIApp, Receive, Scope, Send

CONCERNED = ("/sso/", "/user_management/", "/thirdparty/", "/login")
"""Where sign-ins of applications begin and end, and their scripts call."""


class RegisteredUrls:
    """Inside of what refuses foreign hosts, outside of CORS."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with what is known by then."""
        if scope["type"] == "http" and scope["path"].startswith(CONCERNED):
            await scope["broker"].registrations.keep_up()
        await self.app(scope, receive, send)
