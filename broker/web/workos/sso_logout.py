"""`POST /sso/logout/authorize`, `GET /sso/logout`: an application signs somebody out at their provider.

This API keeps no session of its own, so nothing of ours ends. The program is given a token, good for five minutes and
once; the browser that brings it goes on to the provider, and comes back to a page of ours. It is an extension for
Microsoft, where the operator wants sign-outs to go on there (`logout.rp_initiated`).
"""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.accounts.profile_sign_outs import LEAVE_SECONDS
from broker.crypto import opaque_token
from broker.errors import BrokerError, InvalidRequest, NotFound
from broker.models.connection_profiles import ConnectionProfile
from broker.providers.base import Provider, SignsOut
from broker.web import parse
from broker.web.access import navigation
from broker.web.answers import redirection
from broker.web.broker import Broker
from broker.web.signed import Expired, Forged, Signed
from broker.web.surface import Endpoint, note
from broker.web.workos import ids
from broker.web.workos.access import application_key
from broker.web.workos.errors import MessageDialect, oauth_error
from broker.web.workos.selection import connection_id_of

_KNOWN: Final = frozenset({"token"})
_MOST_CHARACTERS: Final = 1024
_NOT_OFFERED: Final = "The connection does not support signing out at the provider."


class SignOutNotOffered(InvalidRequest):
    """The connection's provider is not signed out at: it has no such place, or the operator does not want it."""


async def authorize(request: Request, broker: Broker) -> Response:
    """Give leave to sign this profile out. Raises `NotFound`, `InvalidRequest`, `SignOutNotOffered`."""
    unverified_id = parse.text_member(await parse.json_object(request), "profile_id")
    if unverified_id is None:
        raise InvalidRequest("profile_id is missing")
    found = await _profile(ids.read("prof", unverified_id), broker)
    await _provider(found, broker)
    token = _signed(broker).dumps({"profile": found.id, "once": opaque_token()})
    url = f"{broker.rules.public_origin}/sso/logout?{urlencode({'token': token})}"
    return JSONResponse({"logout_url": url, "logout_token": token}, headers={"Cache-Control": "no-store"})


async def logout(request: Request, broker: Broker) -> Response:
    """Use the leave up, and send the browser to the provider's sign-out. Raises as above, and `UpstreamUnavailable`."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _KNOWN)
    profile_id, once = _leave(given.get("token", ""), broker)
    provider = await _provider(await _profile(profile_id, broker), broker)
    location = await provider.sign_out_url(logout_hint=None, state=broker.sign_out_states.seal(None))
    if location is None:
        raise SignOutNotOffered("the provider names no place to sign out")
    await broker.accounts.profile_sign_outs.use(once)
    response = redirection(location, status=302)
    response.headers["Cache-Control"] = "no-store"
    return response


class SignOutDialect(MessageDialect):
    """As elsewhere, but what is wrong with the request or the connection is told as where codes are exchanged."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """400 `connection_invalid` where this connection knows no sign-out."""
        if isinstance(error, InvalidRequest):
            note(request, error=error.code, detail=error.detail)
            code = "connection_invalid" if isinstance(error, SignOutNotOffered) else "invalid_request"
            return oauth_error(400, code, error.detail)
        return super().spell(error, request, broker)


def _leave(unverified_token: str, broker: Broker) -> tuple[str, str]:
    """Whom it is for, and what makes it this one. Raises `NotFound`."""
    if len(unverified_token) <= _MOST_CHARACTERS:
        try:
            content = _signed(broker).loads(unverified_token, max_age=LEAVE_SECONDS)
            return str(content["profile"]), str(content["once"])
        except (Expired, Forged, KeyError):
            pass
    raise NotFound("the token is unknown, was used, or has expired")


def _signed(broker: Broker) -> Signed:
    return broker.signed.purpose("profile-sign-out")


async def _profile(profile_id: str | None, broker: Broker) -> ConnectionProfile:
    if profile_id is None:
        raise NotFound("there is no such profile")
    return await broker.accounts.connection_profiles.get(profile_id)


async def _provider(found: ConnectionProfile, broker: Broker) -> SignsOut:
    """Whom the person proved it at who is known by this profile: the environment's, or the organization's own."""
    provider = await _provider_of(found, broker)
    if provider is None or provider.emulator != found.identity.emulator or not isinstance(provider, SignsOut):
        raise SignOutNotOffered(_NOT_OFFERED)
    if not provider.sign_out_origins:
        raise SignOutNotOffered(_NOT_OFFERED)
    return provider


async def _provider_of(found: ConnectionProfile, broker: Broker) -> Provider | None:
    name = found.identity.provider
    if found.connection_id == connection_id_of(name):
        return broker.providers.get(name)
    own = await broker.organizing.connections.get(found.connection_id)
    return await broker.connections.find(own.provider)


SSO_LOGOUT: Final = (
    Endpoint(
        method="POST",
        path="/sso/logout/authorize",
        handler=authorize,
        access=application_key,
        dialect=SignOutDialect(),
    ),
    Endpoint(
        method="GET",
        path="/sso/logout",
        handler=logout,
        access=navigation,
        bucket="tokens",
        dialect=SignOutDialect(),
    ),
)
"""Leave by an application's key, used by a page load."""
