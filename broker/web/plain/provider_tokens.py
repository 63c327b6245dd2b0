"""The token of a provider's own API, for the person whose session asks."""

from starlette.requests import Request
from starlette.responses import Response

from broker.web import access
from broker.web.broker import Broker
from broker.web.provider_tokens import answer, identity_asked_for


async def own(request: Request, broker: Broker) -> Response:
    """`GET /provider-tokens/{provider}`: a fresh access token of the signed-in person."""
    session = access.live_session(request).session
    provider: str = request.path_params["provider"]
    identity_id = identity_asked_for(request)
    return answer(await broker.grants.reads.for_session(session, provider, identity_id=identity_id))
