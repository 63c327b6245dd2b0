"""`GET /login/logo`: the operator's picture, from our own origin, so that the page needs nobody else's."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotFound
from broker.web.broker import Broker

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""An SVG that is opened by itself is a document of our origin: it runs no script, and asks nobody."""


async def logo(_request: Request, broker: Broker) -> Response:
    """The picture as what it is."""
    if broker.logo is None:
        raise NotFound("there is no logo")
    headers = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": _POLICY}
    return Response(broker.logo.content, media_type=broker.logo.media_type, headers=headers)
