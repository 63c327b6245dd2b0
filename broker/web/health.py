"""Whether we are well, on every address: the process, and what it cannot do without."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.sessions.keyring import MOST_AGE
from broker.web.broker import Broker


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
