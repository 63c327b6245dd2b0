"""`GET /user_management/sessions/logout`: a link that ends the session it names, and sends the browser on.

Nothing proves who follows it but the id of the session, which is known to nobody else. One that is not there is no
mistake. The browser goes to a registered address, or sees a page of ours.
"""

import re
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import RedirectNotAllowed
from broker.models.applications import Application
from broker.models.sessions import Session
from broker.web import pages, parse
from broker.web.access import is_prefetch, navigation
from broker.web.answers import redirection
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.surface import note
from broker.web.workos import cookies, ids
from broker.web.workos.errors import ParametersInvalid

_KNOWN: Final = frozenset({"session_id", "return_to"})
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


async def followed(request: Request, _broker: Broker) -> Response | None:
    """A page load, or what a script sends off without reading the answer; no image, no frame, and no prefetch."""
    if request.headers.get("sec-fetch-dest") == "empty" and not is_prefetch(request):
        return None
    return await navigation(request, _broker)


async def logout(request: Request, broker: Broker) -> Response:
    """End the session, forget it in this browser, and go on."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _KNOWN)
    if "session_id" not in given:
        raise ParametersInvalid({"session_id": "session_id_required"}, "session_id is missing")
    ended = await _ended(given["session_id"], request, broker)
    application = _application(ended, request, broker)
    target = _target(given.get("return_to"), application, broker)
    response = pages.signed_out(request, broker) if target is None else redirection(target, status=302)
    cookies.drop(response, request, broker, await _forgotten(ended, request, broker))
    response.headers["Cache-Control"] = "no-store"
    # A script may send this off from the application's origin, without reading the answer: it says nothing.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _ended(unverified_id: str, request: Request, broker: Broker) -> Session | None:
    session_id = ids.read("session", unverified_id)
    if session_id is None:
        return None
    requester = browser_of(request, broker).requester
    ended = await broker.application_sessions.end(session_id, reason="logout", requester=requester)
    if ended is not None:
        note(request, session_id=ended.id, application=ended.client_id)
    return ended


def _application(ended: Session | None, request: Request, broker: Broker) -> Application | None:
    """Whose session it was; of one that is not there, whichever application this browser knows, if that is one."""
    if ended is not None:
        return broker.applications.get(ended.client_id or "")
    every = broker.applications.all()
    known = [one for one in every if cookies.carried(request, one)] or every
    return known[0] if len(known) == 1 else None


def _target(unverified_return_to: str | None, application: Application | None, broker: Broker) -> str | None:
    """Where the browser goes on to: where it is asked to, if that is registered, or to what the application names.

    An address that is not registered leads nowhere, not even to the default: somebody made the link who is not the
    application. A relative one says nothing (it would be relative to us).
    """
    if unverified_return_to is not None and _ABSOLUTE.match(unverified_return_to):
        among = broker.applications.all() if application is None else (application,)
        for one in among:
            with suppress(RedirectNotAllowed):
                return broker.applications.admit_sign_out(one.client_id, unverified_return_to)
        return None
    if application is None:
        return None
    fixed = (one for one in application.sign_out_redirects if "*" not in one)
    return next(fixed, application.homepage_url)


async def _forgotten(ended: Session | None, request: Request, broker: Broker) -> list[Application]:
    """The applications whose refresh token in this browser is of no use any more. One that is stays.

    It may be of a session that began meanwhile, or somebody made a link with an id that was never a session's.
    """
    found = []
    for application in broker.applications.all():
        tokens = cookies.carried(request, application)
        if not tokens:
            if ended is not None and ended.client_id == application.client_id:
                found.append(application)
        elif not [token for token in tokens if await broker.refresh_tokens.is_known(token)]:
            found.append(application)
    return found
