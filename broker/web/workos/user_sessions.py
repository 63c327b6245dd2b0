"""A user's sessions as an application's program sees them: those that applications were given. It may end any of them.

Sessions of our own pages are neither listed nor ended here: they are not the applications'.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.errors import BrokerError, NotFound
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint, note
from broker.web.workos import ids, lists, present
from broker.web.workos.access import application_key, by
from broker.web.workos.errors import ApiDialect, ParametersInvalid, message_error
from broker.web.workos.users import user_id_of

_GONE: Final = "There is no such session."


async def list_sessions(request: Request, broker: Broker) -> Response:
    """`GET /user_management/users/{id}/sessions`: the living ones, newest first unless asked otherwise."""
    page = lists.page_of(request)
    user_id = (await broker.users.profile(user_id_of(request))).user.id
    living = [each for each in await broker.sessions.list_of(user_id) if each.client_id is not None]
    part = lists.part_of({each.id: each for each in living}, page.seek("session"))
    return lists.answer(page, part, present.session)


async def revoke(request: Request, broker: Broker) -> Response:
    """`POST /user_management/sessions/revoke`: the session ends, and every refresh token of it."""
    session_id, actor = _session_id(await parse.json_object(request)), by(request, broker)
    ended = await broker.application_sessions.end(
        session_id, reason="revoked", actor="operator", requester=actor.requester, application=actor.application
    )
    if ended is None:
        raise NotFound(_GONE)
    return JSONResponse({})


def _session_id(body: Mapping[str, object]) -> str:
    unverified = parse.text_member(body, "session_id")
    if unverified is None:
        raise ParametersInvalid({"session_id": "session_id_required"}, "session_id is missing")
    found = ids.read("session", unverified)
    if found is None:
        raise NotFound(_GONE)
    return found


class RevokeDialect(ApiDialect):
    """A session that is not there is 400 for these clients."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """As all of the API, but for that."""
        if not isinstance(error, errors.NotFound):
            return super().spell(error, request, broker)
        note(request, error=error.code, detail=error.detail)
        return message_error(400, error.detail)


USER_SESSIONS: tuple[Endpoint, ...] = (
    Endpoint(
        method="GET", path="/user_management/users/{user_id}/sessions", handler=list_sessions, access=application_key
    ),
    Endpoint(
        method="POST",
        path="/user_management/sessions/revoke",
        handler=revoke,
        access=application_key,
        dialect=RevokeDialect(),
    ),
)
