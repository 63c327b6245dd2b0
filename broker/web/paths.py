"""From a path to the app that serves it: by a look into a table where it is spelled out, by patterns otherwise.

Also to its template, for the log line of a request that was refused before it came here: an operator shall see what
is limited or refused, and no path as a stranger spelled it.
"""

from collections.abc import Sequence

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Paths:
    """The routes of one face. A path without parameters goes before every pattern; `default` serves what is left."""

    def __init__(self, routes: Sequence[Route], *, default: ASGIApp) -> None:
        self._spelled_out = {route.path: route.app for route in routes if not route.param_convertors}
        self._patterns = [route for route in routes if route.param_convertors]
        self._router = Router(routes=self._patterns, redirect_slashes=False, default=default)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._spelled_out.get(scope["path"]) if scope["type"] == "http" else None
        await (app or self._router)(scope, receive, send)

    def template_of(self, path: str) -> str | None:
        """The path as the route table spells it; `None` for one that is none of ours."""
        if path in self._spelled_out:
            return path
        return next((route.path for route in self._patterns if route.path_regex.match(path)), None)
