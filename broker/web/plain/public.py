"""What everybody may read: who we are, our public keys."""

from starlette.requests import Request
from starlette.responses import Response

from broker.web import pages
from broker.web.broker import Broker

JWKS_SECONDS = 300


async def index(request: Request, broker: Broker) -> Response:
    """`GET /`: who we are; nothing of the configuration."""
    return pages.index(request, broker)


async def jwks(_request: Request, broker: Broker) -> Response:
    """`GET /.well-known/jwks.json`: the keys that verify our session tokens (RFC 7517)."""
    headers = {"Cache-Control": f"public, max-age={JWKS_SECONDS}", "Access-Control-Allow-Origin": "*"}
    return Response(broker.keyring.jwks, media_type="application/json", headers=headers)


async def stylesheet(_request: Request, _broker: Broker) -> Response:
    """`GET /broker.css`: how our few pages look."""
    return Response(pages.stylesheet(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})
