"""The one rule for unsafe methods that browsers call: who may make a browser change something here.

An `Origin` must be ours or listed (`null` never is); without one, `Sec-Fetch-Site` must be absent, `same-origin` or
`none`. A program that is no browser sends neither and passes. The callback is exempt: a provider's `form_post` is a
cross-site POST by design, and the sign-in's cookie is what protects it.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.web.answers import refusal
from broker.web.broker import Broker
from broker.web.origins import origins_for

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CALLBACK = "/thirdparty/callback"


class OriginRule:
    """403 for an unsafe request that another site made a browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge `Origin` and `Sec-Fetch-Site`."""
        if _is_judged(scope) and not _is_admitted(Headers(scope=scope), scope["path"], scope["broker"]):
            await refusal(scope, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_judged(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] in _SAFE:
        return False
    path: str = scope["path"]
    return path != _CALLBACK and not path.startswith(_CALLBACK + "/")


def _is_admitted(headers: Headers, path: str, broker: Broker) -> bool:
    origins = headers.getlist("origin")
    if origins:
        listed = origins_for(path, broker)
        is_listed = listed is not None and listed.admits(origins[0])
        return len(origins) == 1 and (is_listed or origins[0] == broker.rules.public_origin)
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")
