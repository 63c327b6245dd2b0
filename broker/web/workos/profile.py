"""`GET /sso/profile`: the profile behind an access token of `/sso/token`, as it is now."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import BrokerError, NotAuthenticated, NotFound
from broker.web.access import bearer_tokens
from broker.web.broker import Broker
from broker.web.surface import note
from broker.web.workos import ids, present
from broker.web.workos.errors import MessageDialect
from broker.web.workos.sso_token import TYP, audience


async def profile(request: Request, broker: Broker) -> Response:
    """The bare profile. Raises `NotAuthenticated`, `NotFound`."""
    found = await broker.accounts.connection_profiles.get(await _profile_id(request, broker))
    identity = found.identity
    if identity.emulator and not broker.sessions.is_emulator_admitted(identity.provider):
        raise NotFound("there is no such profile")
    return JSONResponse(present.profile(found), headers={"Cache-Control": "no-store"})


async def _profile_id(request: Request, broker: Broker) -> str:
    """Whose token came along: signed by us as one of this kind, for this endpoint, and for an application that is
    still registered.
    """
    for unverified_token in bearer_tokens(request)[:1]:
        claims = await broker.keyring.verify(unverified_token, typ=TYP)
        if claims.get("iss") != broker.rules.public_origin or claims.get("aud") != audience(broker):
            raise NotAuthenticated("a token for another endpoint")
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int) or broker.clock.now() >= expires_at:
            raise NotAuthenticated("the token has expired")
        if broker.applications.get(str(claims.get("client_id"))) is None:
            raise NotAuthenticated("a token for an application that is gone")
        found = ids.read("prof", str(claims.get("sub")))
        if found is not None:
            return found
    raise NotAuthenticated("no access token of a profile")


class ProfileDialect(MessageDialect):
    """As the management API, but for the 401, which has a shape of its own."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """`{"error": "Unauthorized"}` for whatever is wrong with the token."""
        if isinstance(error, NotAuthenticated):
            note(request, error=error.code, detail=error.detail)
            return JSONResponse({"error": "Unauthorized"}, status_code=401)
        return super().spell(error, request, broker)
