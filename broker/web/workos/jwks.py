"""`GET /sso/jwks/{client_id}`: the keys that verify an application's access tokens. They are the deployment's.

So a backend that serves one of several applications has to look at `client_id` in the token, too.
"""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotFound
from broker.web.broker import Broker

JWKS_SECONDS = 300


async def jwks(request: Request, broker: Broker) -> Response:
    """The JWK Set, each key with a certificate: the Python SDK reads no key without one."""
    if broker.applications.get(request.path_params["client_id"]) is None:
        raise NotFound("there is no such application")
    headers = {"Cache-Control": f"public, max-age={JWKS_SECONDS}", "Access-Control-Allow-Origin": "*"}
    return Response(broker.keyring.certified_jwks, media_type="application/json", headers=headers)
