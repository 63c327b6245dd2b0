"""Signing out: `POST /logout` for programs, and a page that asks for those who follow a link.

The page's form may go on to the provider's own sign-out, and comes back by `/logout/return`. Ours is complete by then,
whatever becomes of the other: a provider that cannot be reached keeps nobody signed in here.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import NotAuthenticated, NotFound, RedirectNotAllowed, UpstreamUnavailable
from broker.models.sessions import Session
from broker.providers.base import Provider, SignsOut
from broker.telemetry.logging import get_logger
from broker.web import access, pages, parse
from broker.web.answers import see_other
from broker.web.broker import Broker
from broker.web.browsers import browser_of

_PARAMETERS = frozenset({"return_to"})
_STATE = frozenset({"state"})


async def ask(request: Request, broker: Broker) -> Response:
    """`GET /logout?return_to=`: a page with a button; a link alone must not sign anybody out."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _PARAMETERS)
    return_to = _admitted(given.get("return_to"), broker)
    found = [live.session for live in await access.all_sessions(request, broker)]
    if found:
        there = next((provider for provider, _ in _signing_out_too(found, broker)), None)
        return pages.sign_out(request, broker, return_to=return_to, there=there)
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
    ended = await _end_all(request, broker)
    location = await _there(ended, return_to, broker) or return_to
    response = see_other(location) if location is not None else pages.signed_out(request, broker)
    return _cleared(response, broker)


async def come_back(request: Request, broker: Broker) -> Response:
    """`GET /logout/return`: back from the provider's sign-out, and on to where the person wanted to be."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _STATE)
    target = broker.sign_out_states.read(given.get("state"))
    with suppress(RedirectNotAllowed):  # a reload withdrew it meanwhile
        if target is not None:
            return see_other(broker.return_allowlist.admit(target))
    return pages.signed_out(request, broker)


def _signing_out_too(sessions: Iterable[Session], broker: Broker) -> Iterator[tuple[SignsOut, Session]]:
    """The providers at which these sessions are to be ended as well, each with the session that knows it."""
    for session in sessions:
        provider: Provider | None = broker.providers.get(session.provider)
        if provider is None or provider.emulator != session.emulator or not isinstance(provider, SignsOut):
            continue
        if provider.sign_out_origins:
            yield provider, session


async def _there(ended: Iterable[Session], return_to: str | None, broker: Broker) -> str | None:
    for provider, session in _signing_out_too(ended, broker):
        try:
            return await provider.sign_out_url(
                logout_hint=session.at_provider.logout_hint, state=broker.sign_out_states.seal(return_to)
            )
        except UpstreamUnavailable as error:
            get_logger().warning(
                "signed out here only: the provider cannot be asked where",
                provider=session.provider,
                detail=error.detail,
            )
    return None


async def _end_all(request: Request, broker: Broker) -> list[Session]:
    found, requester = await access.all_sessions(request, broker), browser_of(request, broker).requester
    for live in found:
        with suppress(NotFound):  # somebody was faster: it has ended, which is what was asked for
            await broker.sessions.end(live.session.id, user_id=None, reason="logout", requester=requester)
    return [live.session for live in found]


def _admitted(unverified_return_to: str | None, broker: Broker) -> str | None:
    return None if unverified_return_to is None else broker.return_allowlist.admit(unverified_return_to)


def _cleared(response: Response, broker: Broker) -> Response:
    response.headers.append("Set-Cookie", broker.session_cookie.deleted().header())
    return response
