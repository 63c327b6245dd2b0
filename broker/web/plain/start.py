"""`GET /thirdparty/auth`: a sign-in begins here, as a page load of ours, so that its cookie is first-party."""

from starlette.requests import Request
from starlette.responses import Response

from broker.signin.start import NotStarted
from broker.web import parse
from broker.web.broker import Broker
from broker.web.cookies import cookies_of
from broker.web.failure import failed_start
from broker.web.plain.errors import see_other
from broker.web.surface import note


async def auth(request: Request, broker: Broker) -> Response:
    """Read a start of sign-in, begin it, send the browser to the provider."""
    outcome = await broker.start.begin(parse.start_of(request, "plain"))
    if isinstance(outcome, NotStarted):
        return failed_start(outcome, request, broker)
    provider = broker.providers[outcome.sign_in.provider]
    cookie = broker.sign_in_cookies.seal(outcome.sign_in, cross_site_post=provider.response_mode == "form_post")
    response = see_other(outcome.location)
    response.headers.append("Set-Cookie", cookie.header())
    for gone in broker.sign_in_cookies.crowded_out(cookies_of(request.scope), cookie):
        response.headers.append("Set-Cookie", gone.header())
    note(request, provider=provider.id, outcome="started")
    broker.metrics.starts.labels(provider.id).inc()
    return response
