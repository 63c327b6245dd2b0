"""421 for a `Host` that is not ours: against DNS rebinding, and a stranger's site that points its name at us."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.web.middleware.answers import refusal


class Hosts:
    """Answers only to our own names; health checks come by address and are excepted."""

    def __init__(self, app: ASGIApp, *, is_ours: Callable[[str], bool]) -> None:
        self.app = app
        self._is_ours = is_ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Compare the one `Host` header, ignoring ASCII case."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            given = Headers(scope=scope).getlist("host")
            if len(given) != 1 or not self._is_ours(given[0].lower()):
                await refusal(421)(scope, receive, send)
                return
        await self.app(scope, receive, send)
