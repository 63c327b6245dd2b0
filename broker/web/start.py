"""The first step of every sign-in by a page load of ours, whichever face asked: its cookie is first-party.

What was begun is sealed into a cookie of its own, and the browser goes to the provider.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest
from broker.models.provider_ids import connection_of
from broker.models.signins import SignIn
from broker.signin.start import NotStarted, StartSignIn
from broker.web.answers import redirection
from broker.web.broker import Broker
from broker.web.cookies import cookies_of
from broker.web.failure import failed_start
from broker.web.surface import note

MOST_CARRIED = 3
"""More than one was planted already; the cookie has little room."""


async def begin(intent: StartSignIn, request: Request, broker: Broker) -> Response:
    """Begin the sign-in and send the browser to the provider; or to where its errors go."""
    if intent.application is not None:  # whose face has looked the connection up
        note(request, connection=connection_of(intent.provider or ""))
    outcome = await broker.start.begin(intent)
    if isinstance(outcome, NotStarted):
        return failed_start(outcome, request, broker, page=None if intent.page is None else intent)
    sign_in, provider = await _with_sessions(outcome.sign_in, request, broker), outcome.sign_in.provider_name
    try:
        cookie = broker.sign_in_cookies.seal(sign_in)
    except InvalidRequest as error:
        refused = NotStarted(
            error=error,
            provider=provider,
            error_target=sign_in.error_target,
            surface=sign_in.surface,
            application=sign_in.application,
        )
        return failed_start(refused, request, broker)
    response = redirection(outcome.location, status=broker.returning_to(sign_in).status)
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
