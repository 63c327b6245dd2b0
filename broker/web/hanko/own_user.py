"""What classic clients (elements and SDK up to 1.5) ask about the person who is signed in, and change of their account.

`GET /me` and the sessions are the plain surface's. Addresses cannot be added here: we send no mail to prove them.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import NotFound, NotPermitted
from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.hanko import present


async def read(request: Request, broker: Broker) -> Response:
    """`GET /users/{user_id}`: oneself and nobody else, in whatever spelling; whether there is somebody is not told."""
    live = access.live_session(request)
    if request.path_params["user_id"] != live.session.user_id:
        raise NotPermitted("the id of another user, or of none")
    profile = await broker.users.profile(live.session.user_id)
    kept = await broker.accounts.metadata.of(live.session.user_id)
    return JSONResponse(present.classic_user(profile, kept, broker.display_names))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /user`: leave, where the operator lets people do that by themselves."""
    live = access.live_session(request)
    if not broker.accounts.own.allow_deletion:
        raise NotFound  # as if there were no such address, which is what its clients know
    await broker.accounts.own.delete(live.session, browser_of(request, broker).requester)
    return Response(status_code=204, headers={"Set-Cookie": broker.session_cookie.deleted().header()})


async def addresses(request: Request, broker: Broker) -> Response:
    """`GET /emails`."""
    profile = await broker.users.profile(access.live_session(request).session.user_id)
    return JSONResponse(present.classic_addresses(profile, broker.display_names))


async def delete_address(request: Request, broker: Broker) -> Response:
    """`DELETE /emails/{email_id}`: the primary one stays, and one that the next sign-in would bring back."""
    session = access.live_session(request).session
    email_id = parse.path_id(request, "email_id")
    await broker.accounts.own.delete_address(session, email_id, browser_of(request, broker).requester)
    return Response(status_code=204)


async def set_primary(request: Request, broker: Broker) -> Response:
    """`POST /emails/{email_id}/set_primary`."""
    session = access.live_session(request).session
    email_id = parse.path_id(request, "email_id")
    await broker.accounts.own.set_primary(session, email_id, browser_of(request, broker).requester)
    return Response(status_code=204)


async def no_passkeys(_request: Request, _broker: Broker) -> Response:
    """`GET /webauthn/credentials`: the classic profile component shows nothing at all without this list."""
    return JSONResponse([])
