"""`/users/{id}/sessions` and `POST /sessions` of the admin API: list, end, and make one in a user's name."""

import ipaddress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import InvalidRequest
from broker.models.browsers import Browser
from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.browsers import MOST_USER_AGENT
from broker.web.hanko import present
from broker.web.hanko.admin import reading

_BAD_USER = "code=400, message=UserID must be a valid uuid"
_BAD_ADDRESS = "ip_address must be a valid ip address (v4 or v6)"
_BAD_SESSION = "code=400, message=SessionID must be a valid uuid4"


async def list_sessions(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}/sessions`: living ones, newest first."""
    user_id = reading.path_uuid(request, "user_id", _BAD_USER)
    await broker.users.profile(user_id)
    return JSONResponse([present.admin_session(each) for each in await broker.sessions.list_of(user_id)])


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /users/{id}/sessions/{session_id}`: refused within a second by every server."""
    user_id = reading.path_uuid(request, "user_id", _BAD_USER)
    session_id = reading.path_uuid(request, "session_id", _BAD_SESSION)
    by = reading.by(request, broker)
    await broker.sessions.end(
        session_id, user_id=user_id, reason="revoked", actor="operator", requester=by.requester, api_key=by.api_key
    )
    return Response(status_code=204)


async def mint(request: Request, broker: Broker) -> Response:
    """`POST /sessions`: a session of this user, for a program that acts in their name. No provider proved them."""
    body = await parse.json_object(request)
    user_id = parse.text_member(body, "user_id")
    if user_id is None:
        raise InvalidRequest("user_id is a required field")
    by = reading.by(request, broker)
    browser = Browser(user_agent=_user_agent(body), ip_address=_address(body))
    token = await broker.on_behalf.issue(
        reading.uuid(user_id, "user_id must be a valid uuid"),
        browser=browser,
        requester=by.requester,
        api_key=access.api_key(request).name,
    )
    return JSONResponse({"session_token": token})


def _user_agent(body: dict[str, object]) -> str | None:
    text = parse.text_member(body, "user_agent")
    return None if text is None else "".join(filter(str.isprintable, text))[:MOST_USER_AGENT]


def _address(body: dict[str, object]) -> str | None:
    text = parse.text_member(body, "ip_address")
    if text is None:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise InvalidRequest(_BAD_ADDRESS) from error
    if "%" in text:  # a zone, of whatever characters and length: it means nothing on another machine
        raise InvalidRequest(_BAD_ADDRESS)
    return str(address)
