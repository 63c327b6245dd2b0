"""What both faces share that hand out a provider's own tokens: which of a user's identities is meant; the answer."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import ProviderTokenRefused
from broker.models.provider_tokens import FreshToken
from broker.web import parse

_PARAMETERS = frozenset({"identity_id"})


def identity_asked_for(request: Request) -> str | None:
    """The parameter `identity_id`, for users who have several at one provider."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _PARAMETERS).get("identity_id")
    if given is not None and not parse.is_id(given):
        raise ProviderTokenRefused("there is no identity with this id")
    return given


def answer(fresh: FreshToken) -> Response:
    """An access token, when it ends (RFC 3339), and what it is good for; never the refresh token."""
    return JSONResponse(
        {
            "access_token": fresh.access_token,
            "token_type": "Bearer",
            "scopes": list(fresh.scopes),
            "expires_at": datetime.fromtimestamp(fresh.expires_at, UTC).isoformat()[:19] + "Z",
        },
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )
