"""Signing out: `POST /logout` for programs, and a page that asks for those who follow a link."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotAuthenticated, NotFound
from broker.web import access, pages, parse
from broker.web.answers import see_other
from broker.web.broker import Broker

_PARAMETERS = frozenset({"return_to"})


async def ask(request: Request, broker: Broker) -> Response:
    """`GET /logout?return_to=`: a page with a button; a link alone must not sign anybody out."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _PARAMETERS)
    return_to = _admitted(given.get("return_to"), broker)
    if await access.all_sessions(request, broker):
        return pages.sign_out(request, broker, return_to=return_to)
    return see_other(return_to) if return_to is not None else pages.signed_out(request, broker)


async def logout(request: Request, broker: Broker) -> Response:
    """`POST /logout`: every session that the request carries ends, on every replica.

    All of them, because a planted one would otherwise keep the person from signing out. From the page's form it ends
    in a redirect, otherwise 204.
    """
    if parse.media_type(request) == parse.FORM:
        return await _logout_by_form(request, broker)
    if not await _end_all(request, broker):
        raise NotAuthenticated("no living session came with the request")
    return _cleared(Response(status_code=204), broker)


async def _logout_by_form(request: Request, broker: Broker) -> Response:
    given = parse.single(await parse.form_pairs(request), _PARAMETERS)
    return_to = _admitted(given.get("return_to"), broker)
    await _end_all(request, broker)
    response = see_other(return_to) if return_to is not None else pages.signed_out(request, broker)
    return _cleared(response, broker)


async def _end_all(request: Request, broker: Broker) -> bool:
    found = await access.all_sessions(request, broker)
    for live in found:
        with suppress(NotFound):  # somebody was faster: it has ended, which is what was asked for
            await broker.sessions.end(live.session.id, user_id=None, reason="logout")
    return bool(found)


def _admitted(unverified_return_to: str | None, broker: Broker) -> str | None:
    return None if unverified_return_to is None else broker.allowlist.admit(unverified_return_to)


def _cleared(response: Response, broker: Broker) -> Response:
    response.headers.append("Set-Cookie", broker.session_cookie.deleted().header())
    return response
