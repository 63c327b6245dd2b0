"""`GET /thirdparty/auth`: a sign-in begins here, as a page load of ours, so that its cookie is first-party."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import BrowserMismatch
from broker.web import access, parse
from broker.web.broker import Broker
from broker.web.start import begin

_TICKET = frozenset({"ticket"})


async def auth(request: Request, broker: Broker) -> Response:
    """Read a start of sign-in, begin it, send the browser to the provider."""
    return await begin(parse.start_of(request, "plain"), request, broker)


async def by_ticket(request: Request, broker: Broker) -> Response:
    """`GET /thirdparty/start`: the same, for a start that a script asked for."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _TICKET)
    intent = broker.tickets.read(given.get("ticket"))
    if intent.connect_to is not None and not await _is_browser_of(intent.connect_to, request, broker):
        intent = replace(intent, fault=BrowserMismatch("somebody else's browser brings a ticket that adds an identity"))
    return await begin(intent, request, broker)


async def _is_browser_of(user_id: str, request: Request, broker: Broker) -> bool:
    """Whoever wants another person's identity in their own account could send them a ticket.

    The browser has the session of the one who asked, and no other's. Where the session travels in a header, a page load
    says nothing of it, and only an identity's code stands between the two (`accounts/connecting`).
    """
    present = {live.session.user_id for live in await access.all_sessions(request, broker)}
    return present == {user_id} or (not present and broker.rules.auth_token_header)
