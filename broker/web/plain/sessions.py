"""The signed-in person's own view: who am I, which sessions have I, end one; and the check that backends ask for."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import InvalidRequest, NotAuthenticated
from broker.sessions.lifecycle import LiveSession
from broker.web import access, parse, shapes
from broker.web.broker import Broker
from broker.web.browsers import browser_of


async def me(request: Request, broker: Broker) -> Response:
    """`GET /me`: the user of this session."""
    live = access.live_session(request)
    profile = await broker.users.profile(live.session.user_id)
    kept = await broker.accounts.metadata.of(live.session.user_id)
    return JSONResponse(shapes.me(profile, broker.display_names, kept))


async def own_sessions(request: Request, broker: Broker) -> Response:
    """`GET /sessions`: the user's living sessions, newest first."""
    live = access.live_session(request)
    found = await broker.sessions.list_of(live.session.user_id)
    return JSONResponse([shapes.session(one, current_id=live.session.id) for one in found])


async def end_one(request: Request, broker: Broker) -> Response:
    """`DELETE /sessions/{id}`: end one of the user's own sessions."""
    live = access.live_session(request)
    session_id = parse.path_id(request, "session_id")
    requester = browser_of(request, broker).requester
    await broker.sessions.end(session_id, user_id=live.session.user_id, reason="revoked", requester=requester)
    response = Response(status_code=204)
    if session_id == live.session.id:
        response.headers.append("Set-Cookie", broker.session_cookie.deleted().header())
    return response


async def validate_own(request: Request, broker: Broker) -> Response:
    """`GET /sessions/validate`: whether the request carries a living session. Does not count as use; never 401."""
    try:
        live: LiveSession | None = await access.current_session(request, broker)
    except NotAuthenticated:
        live = None
    return JSONResponse(shapes.validation(live, broker.sessions.limits))


async def validate_given(request: Request, broker: Broker) -> Response:
    """`POST /sessions/validate`: whether the token in the body is a living session's; counts as use. Never 401."""
    token = parse.text_member(await parse.json_object(request), "session_token")
    if token is None:
        # The doubled form is what Hanko's clients know.
        raise InvalidRequest("code=400, message=session_token is a required field")
    try:
        live: LiveSession | None = await broker.sessions.touch(await broker.sessions.check(token))
    except NotAuthenticated:
        live = None
    return JSONResponse(shapes.validation(live, broker.sessions.limits))
