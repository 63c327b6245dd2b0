"""`GET /thirdparty/auth`: a sign-in begins here, as a page load of ours, so that its cookie is first-party."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest
from broker.signin.start import NotStarted, StartSignIn
from broker.web import parse
from broker.web.answers import see_other
from broker.web.broker import Broker
from broker.web.cookies import cookies_of
from broker.web.failure import failed_start
from broker.web.surface import note

_TICKET = frozenset({"ticket"})


async def auth(request: Request, broker: Broker) -> Response:
    """Read a start of sign-in, begin it, send the browser to the provider."""
    return await _begin(parse.start_of(request, "plain"), request, broker)


async def by_ticket(request: Request, broker: Broker) -> Response:
    """`GET /thirdparty/start`: the same, for a start that a script asked for."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _TICKET)
    return await _begin(broker.tickets.read(given.get("ticket")), request, broker)


async def _begin(intent: StartSignIn, request: Request, broker: Broker) -> Response:
    outcome = await broker.start.begin(intent)
    if isinstance(outcome, NotStarted):
        return failed_start(outcome, request, broker)
    sign_in, provider = outcome.sign_in, broker.providers[outcome.sign_in.provider]
    try:
        cookie = broker.sign_in_cookies.seal(sign_in, cross_site_post=provider.response_mode == "form_post")
    except InvalidRequest as error:
        refused = NotStarted(error=error, provider=provider.id, error_target=sign_in.error_target)
        return failed_start(refused, request, broker)
    response = see_other(outcome.location)
    response.headers.append("Set-Cookie", cookie.header())
    for gone in broker.sign_in_cookies.crowded_out(cookies_of(request.scope), cookie):
        response.headers.append("Set-Cookie", gone.header())
    note(request, provider=provider.id, outcome="started")
    broker.metrics.starts.labels(provider.id).inc()
    return response
