"""The token of a provider's own API, for an operator's program that acts in a user's name."""

from starlette.requests import Request
from starlette.responses import Response

from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.provider_tokens import answer, identity_asked_for


async def of_user(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}/provider-tokens/{provider}`: a fresh access token of this user."""
    fresh = await broker.grants.reads.for_operator(
        parse.path_id(request, "user_id"),
        request.path_params["provider"],
        identity_id=identity_asked_for(request),
        api_key=access.api_key(request).name,
        requester=browser_of(request, broker).requester,
    )
    return answer(fresh)
