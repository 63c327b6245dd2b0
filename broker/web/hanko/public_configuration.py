"""`GET /.well-known/config`: what the classic components draw their pages from. Later ones never ask."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.web.broker import Broker
from broker.web.hanko import present


async def read(_request: Request, broker: Broker) -> Response:
    """Which providers there are, and what is offered besides them: nothing."""
    return JSONResponse(
        present.public_configuration(
            broker.providers,
            allow_signup=broker.rules.allow_signup,
            allow_deletion=broker.accounts.own.allow_deletion,
        )
    )
