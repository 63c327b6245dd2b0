"""`GET /thirdparty/auth`: a sign-in begins here, as a page load of ours, so that its cookie is first-party."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import BrowserMismatch, InvalidRequest
from broker.models.signins import SignIn
from broker.signin.start import NotStarted, StartSignIn
from broker.web import access, parse
from broker.web.answers import see_other
from broker.web.broker import Broker
from broker.web.cookies import cookies_of
from broker.web.failure import failed_start
from broker.web.surface import note

_TICKET = frozenset({"ticket"})
MOST_CARRIED = 3
"""More than one was planted already; the cookie has little room."""


async def auth(request: Request, broker: Broker) -> Response:
    """Read a start of sign-in, begin it, send the browser to the provider."""
    return await _begin(parse.start_of(request, "plain"), request, broker)


async def by_ticket(request: Request, broker: Broker) -> Response:
    """`GET /thirdparty/start`: the same, for a start that a script asked for."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _TICKET)
    intent = broker.tickets.read(given.get("ticket"))
    if intent.connect_to is not None and not await _is_browser_of(intent.connect_to, request, broker):
        intent = replace(intent, fault=BrowserMismatch("somebody else's browser brings a ticket that adds an identity"))
    return await _begin(intent, request, broker)


async def _is_browser_of(user_id: str, request: Request, broker: Broker) -> bool:
    """Whoever wants another person's identity in their own account could send them a ticket.

    The browser has the session of the one who asked, and no other's. Where the session travels in a header, a page load
    says nothing of it, and only an identity's code stands between the two (`accounts/connecting`).
    """
    present = {live.session.user_id for live in await access.all_sessions(request, broker)}
    return present == {user_id} or (not present and broker.rules.auth_token_header)


async def _begin(intent: StartSignIn, request: Request, broker: Broker) -> Response:
    outcome = await broker.start.begin(intent)
    if isinstance(outcome, NotStarted):
        return failed_start(outcome, request, broker)
    sign_in, provider = await _with_sessions(outcome.sign_in, request, broker), outcome.sign_in.provider
    try:
        cookie = broker.sign_in_cookies.seal(sign_in)
    except InvalidRequest as error:
        refused = NotStarted(error=error, provider=provider, error_target=sign_in.error_target)
        return failed_start(refused, request, broker)
    response = see_other(outcome.location)
    response.headers.append("Set-Cookie", cookie.header())
    for gone in broker.sign_in_cookies.crowded_out(cookies_of(request.scope), cookie):
        response.headers.append("Set-Cookie", gone.header())
    note(request, provider=provider, outcome="started")
    broker.metrics.starts.labels(provider).inc()
    return response


async def _with_sessions(sign_in: SignIn, request: Request, broker: Broker) -> SignIn:
    """The sessions that this browser has must end with the new one, and a cross-site POST carries no Lax cookie."""
    if sign_in.response_mode != "form_post":
        return sign_in
    carried = await broker.sessions.carried(broker.session_cookie.tokens(request.scope))
    return replace(sign_in, carried=tuple(sorted(carried)[:MOST_CARRIED]))
