"""What everybody may read: who we are, our public keys, whether we are well."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.sessions.keyring import MOST_AGE
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


async def alive(_request: Request, _broker: Broker) -> Response:
    """`GET /health/alive`: the process answers."""
    return JSONResponse({"alive": True})


async def ready(request: Request, broker: Broker) -> Response:
    """`GET /health/ready`: database and keys answer; a provider's trouble does not take us out."""
    if request.scope.get("draining") or broker.keyring.age > MOST_AGE:
        return JSONResponse({"ready": False}, status_code=503)
    await broker.store.ping()
    content: dict[str, bool] = {"ready": True}
    if broker.rules.uses_emulator:
        content["emulator"] = True
    return JSONResponse(content)
