"""Where a browser goes when its sign-in failed: one redirect, one sentence, one reference that our log knows too.

The target is the configured error URL, unless the request named an admitted one of its own, or `errors_to` sends a
proven sign-in back to the page that began it. Without any of them there is a page of ours. A sign-in that was begun on
our sign-in page fails there, where the person can try again. The provider's text is in
the log line and nowhere else.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from broker.crypto import error_reference
from broker.errors import BrokerError, Rejected, UpstreamUnavailable
from broker.models.signins import ForApplication, SignIn
from broker.signin.outcomes import Failed
from broker.signin.redirects import add_query
from broker.signin.start import NotStarted, StartSignIn
from broker.telemetry.logging import get_logger
from broker.web import pages
from broker.web.answers import redirection, see_other, told_when
from broker.web.broker import Broker
from broker.web.errors import JsonDialect, status_of
from broker.web.page_tickets import Asked, Mishap, begun_again, page_url
from broker.web.strings import PAGES, page_sentence_for, sentence_for
from broker.web.surface import note


def failed_start(failure: NotStarted, request: Request, broker: Broker, *, page: StartSignIn | None = None) -> Response:
    """The answer to a start that was refused. `page`: what it was begun with on our sign-in page."""
    # Nothing that a person can do there makes an invalid request a valid one.
    page = None if isinstance(failure.error, Rejected) else page
    begun_by = _BegunBy(surface=failure.surface, application=failure.application, page=page)
    return _send(failure.error, failure.error_target, failure.provider, request, broker, begun_by)


def failed_callback(failure: Failed, request: Request, broker: Broker) -> Response:
    """The answer to a callback that signed nobody in; the sign-in's cookie goes with it."""
    sign_in = failure.sign_in or failure.late
    target = None
    if sign_in is not None:
        back = sign_in.redirect_target if broker.rules.errors_to_redirect_target else None
        target = broker.admission.still_admits(sign_in.error_target or back, sign_in.application)
    provider = None if sign_in is None else sign_in.provider_name
    begun_by = _NOBODY if sign_in is None else _BegunBy.of(sign_in)
    response = _send(failure.error, target, provider, request, broker, begun_by, is_news=not failure.shared)
    if sign_in is not None:
        deletion = broker.sign_in_cookies.delete(sign_in)
        response.headers.append("Set-Cookie", deletion.header())
    return response


def failed_navigation(error: BrokerError, request: Request, broker: Broker) -> Response:
    """The answer to a page load that was refused before anything of a sign-in was looked at."""
    if status_of(error) in (413, 415):
        return JsonDialect().spell(error, request, broker)
    return _send(error, None, None, request, broker)


def failed_unforeseen(request: Request, broker: Broker) -> Response:
    """The answer when a bug of ours ended a page load."""
    return _send(BrokerError("unforeseen"), None, None, request, broker)


def failed_page(error: BrokerError, request: Request, broker: Broker) -> Response:
    """The answer to a page load outside any sign-in: a page of ours, with the error's status."""
    status, reference = status_of(error), error_reference()
    note(request, error=error.code, detail=error.detail, reference=reference, remedy=error.remedy or None)
    sentence, title = page_sentence_for(status), PAGES["failed_title"]
    response = pages.error(request, broker, sentence=sentence, reference=reference, status=status, title=title)
    return told_when(response, error)


@dataclass(frozen=True, kw_only=True)
class _BegunBy:
    surface: str | None = None
    application: ForApplication | None = None
    page: StartSignIn | None = None

    @classmethod
    def of(cls, sign_in: SignIn) -> "_BegunBy":
        page = None if sign_in.page is None else begun_again(sign_in)
        return cls(surface=sign_in.surface, application=sign_in.application, page=page)


_NOBODY = _BegunBy()


def _send(
    error: BrokerError,
    target: str | None,
    provider: str | None,
    request: Request,
    broker: Broker,
    begun_by: _BegunBy = _NOBODY,
    *,
    is_news: bool = True,
) -> Response:
    """`is_news`: this failure was not told to another request before, and is to be counted."""
    reference = error_reference()
    sentence, at_provider = sentence_for(error.code, error.reason), isinstance(error, UpstreamUnavailable)
    remedy = error.remedy or None
    note(request, provider=provider, outcome=error.code, reference=reference, detail=error.detail, remedy=remedy)
    if is_news:
        _tell_operator(error, reference, provider, request, broker)
    if begun_by.page is not None:
        mishap = Mishap(
            code=error.code,
            reason=error.reason,
            reference=reference,
            provider=begun_by.page.provider,
            at_provider=at_provider,
        )
        return see_other(page_url(Asked(intent=begun_by.page, mishap=mishap), broker))
    where = target or broker.rules.error_redirect_url
    if where is None:
        return pages.error(request, broker, sentence=sentence, reference=reference, status=400)
    # Parameters of a face are for the page that began, not for the configured error URL.
    returning = broker.returning_to(begun_by.surface if target is not None else None)
    told = returning.failed(
        code=error.code,
        at_provider=at_provider,
        sentence=sentence,
        reference=reference,
        application=begun_by.application,
    )
    return redirection(add_query(where, told), status=returning.status)


def _tell_operator(error: BrokerError, reference: str, provider: str | None, request: Request, broker: Broker) -> None:
    broker.metrics.sign_ins.labels(provider or "unknown", error.code).inc()
    if error.security is not None:
        broker.metrics.security_events.labels(error.security).inc()
        get_logger().warning(
            "security",
            kind=error.security,
            reference=reference,
            provider=provider,
            request_id=request.scope.get("request_id"),
        )
