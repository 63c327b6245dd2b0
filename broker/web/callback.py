"""`/thirdparty/callback` and `/thirdparty/callback/{provider}`: where every provider returns to.

GET is the answer by query, POST the answer by `form_post`; a POST is answered without putting its code into any URL.
A POST that comes again, from the history, is looked at once more at `/thirdparty/returned`, with the session's cookie.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import BrokerError, SignInExpired
from broker.models.provider_ids import connection_of
from broker.models.signins import SignIn
from broker.protocol.authorization import UnverifiedAuthorizationResponse, read_response
from broker.signin.checks import Callback
from broker.signin.outcomes import Failed, HandedOff, Outcome, Returned, Unseen
from broker.signin.redirects import add_query
from broker.web import parse
from broker.web.access import alarm_two_sessions
from broker.web.answers import redirection, see_other
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.cookies import cookies_of
from broker.web.failure import failed_callback
from broker.web.surface import note

RETURNED = "/thirdparty/returned"
_STATE = frozenset({"state"})


async def by_query(request: Request, broker: Broker) -> Response:
    """Read an authorization response from the query, complete the sign-in, send the browser on."""
    unverified_pairs = _query_pairs(request)
    return present(await _complete(request, broker, unverified_pairs), request, broker)


async def by_form_post(request: Request, broker: Broker) -> Response:
    """The same, from the body of a cross-site POST."""
    unverified_pairs = await parse.form_pairs(request)
    return present(await _complete(request, broker, unverified_pairs), request, broker)


async def returned(request: Request, broker: Broker) -> Response:
    """`GET /thirdparty/returned`: a form that was sent again, from the history; its code stayed behind."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _STATE)
    sign_in = broker.sign_in_cookies.read(cookies_of(request.scope), given.get("state"))
    if not isinstance(sign_in, SignIn):
        raise SignInExpired(f"the cookie of this sign-in is {sign_in}")
    return present(await broker.completion.come_back(sign_in, browser_of(request, broker)), request, broker)


def present(outcome: Outcome, request: Request, broker: Broker) -> Response:
    """303 to where this sign-in ends."""
    match outcome:
        case Failed():
            return failed_callback(outcome, request, broker)
        case Returned(sign_in=sign_in):
            note(request, provider=sign_in.provider_name, outcome="returned")
            return see_other(sign_in.redirect_target)
        case Unseen(sign_in=sign_in):
            note(request, provider=sign_in.provider_name, outcome="unseen")
            return see_other(f"{broker.rules.public_origin}{RETURNED}?state={sign_in.state}")
        case HandedOff():
            return _handed_off(outcome, request, broker)


def _handed_off(outcome: HandedOff, request: Request, broker: Broker) -> Response:
    sign_in = outcome.sign_in
    if outcome.two_sessions and not outcome.shared:
        alarm_two_sessions(request, broker)
    target, returning = sign_in.redirect_target, broker.returning_to(sign_in)
    if outcome.one_time_code is not None:
        target = add_query(target, returning.handed_over(outcome.one_time_code, sign_in.application))
    response = redirection(target, status=returning.status)
    if outcome.session_token is not None:
        response.headers.append("Set-Cookie", broker.session_cookie.carrying(outcome.session_token).header())
    if sign_in.page is not None:
        response.headers.append("Set-Cookie", broker.last_provider_cookie.naming(sign_in.provider).header())
    if not outcome.shared:
        _count(outcome, broker)
    note(request, provider=sign_in.provider_name, outcome=_name(sign_in), created=outcome.created)
    return response


def _name(sign_in: SignIn) -> str:
    return "signed_in" if sign_in.connect_to is None else "connecting"


def _count(outcome: HandedOff, broker: Broker) -> None:
    provider = outcome.sign_in.provider_name
    broker.metrics.sign_ins.labels(provider, _name(outcome.sign_in)).inc()
    if outcome.session is not None:
        broker.metrics.sessions_issued.labels(provider).inc()


async def _complete(request: Request, broker: Broker, unverified_pairs: list[tuple[str, str]] | BrokerError) -> Outcome:
    response = _read(unverified_pairs)
    if isinstance(response, BrokerError):
        return Failed(error=response, sign_in=None)
    cookie = broker.sign_in_cookies.read(cookies_of(request.scope), response.state)
    if isinstance(cookie, SignIn):
        application = None if cookie.application is None else cookie.application.client_id
        note(request, application=application, connection=connection_of(cookie.provider))
    try:
        own = await broker.connections.answering(cookie)
    except BrokerError as error:
        return Failed(error=error, sign_in=cookie if isinstance(cookie, SignIn) else None)
    callback = Callback(
        response=response,
        response_mode="form_post" if request.method == "POST" else "query",
        path_provider=request.path_params.get("provider"),
        cookie=cookie,
        providers={**broker.providers, **own.providers},
        former_providers=(*broker.former_providers, *own.former),
    )
    outcome = await broker.completion.complete(callback, browser_of(request, broker))
    if cookie == "expired" and isinstance(outcome, Failed):
        return replace(outcome, late=broker.sign_in_cookies.late(cookies_of(request.scope), response.state))
    return outcome


def _query_pairs(request: Request) -> list[tuple[str, str]] | BrokerError:
    try:
        return parse.pairs(request.scope["query_string"])
    except BrokerError as error:
        return error


def _read(unverified_pairs: list[tuple[str, str]] | BrokerError) -> UnverifiedAuthorizationResponse | BrokerError:
    if isinstance(unverified_pairs, BrokerError):
        return unverified_pairs
    try:
        return read_response(unverified_pairs)
    except BrokerError as error:
        return error
