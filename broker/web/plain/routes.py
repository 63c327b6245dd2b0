"""The plain surface: every path, and who may call it."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import BrokerError
from broker.web import callback, health, parse
from broker.web.access import navigation, public, session, session_of_listed_page
from broker.web.broker import Broker
from broker.web.errors import JsonDialect
from broker.web.failure import failed_navigation, failed_page, failed_unforeseen
from broker.web.plain import logout, provider_logout, provider_tokens, sessions, start, token
from broker.web.plain import public as pages
from broker.web.surface import Endpoint


class PageDialect:
    """Errors of pages outside any sign-in: a page for people; for a request that is no page load, JSON."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """A page, or JSON."""
        if _shows_a_page(request):
            return failed_page(error, request, broker)
        return JsonDialect().spell(error, request, broker)

    def spell_unforeseen(self, request: Request, broker: Broker) -> Response:
        """The same, for a bug."""
        return self.spell(BrokerError("unforeseen"), request, broker)


SIGN_IN: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/thirdparty/start", handler=start.by_ticket, access=navigation, bucket="starts"),
    Endpoint(method="GET", path="/thirdparty/auth", handler=start.auth, access=navigation, bucket="starts"),
    Endpoint(method="GET", path=callback.RETURNED, handler=callback.returned, access=navigation, bucket="callbacks"),
    Endpoint(
        method="GET", path="/thirdparty/callback", handler=callback.by_query, access=navigation, bucket="callbacks"
    ),
    Endpoint(
        method="POST",
        path="/thirdparty/callback",
        handler=callback.by_form_post,
        access=navigation,
        bucket="callbacks",
    ),
    Endpoint(
        method="GET",
        path="/thirdparty/callback/{provider}",
        handler=callback.by_query,
        access=navigation,
        bucket="callbacks",
    ),
    Endpoint(
        method="POST",
        path="/thirdparty/callback/{provider}",
        handler=callback.by_form_post,
        access=navigation,
        bucket="callbacks",
    ),
)
"""Page loads; their errors go to the error URL."""

PROGRAMS: tuple[Endpoint, ...] = (
    Endpoint(method="POST", path="/token", handler=token.exchange, access=public, bucket="tokens"),
    Endpoint(method="GET", path="/me", handler=sessions.me, access=session),
    Endpoint(method="GET", path="/sessions/validate", handler=sessions.validate_own, access=public),
    Endpoint(method="POST", path="/sessions/validate", handler=sessions.validate_given, access=public),
    Endpoint(method="GET", path="/sessions", handler=sessions.own_sessions, access=session),
    Endpoint(method="DELETE", path="/sessions/{session_id}", handler=sessions.end_one, access=session),
    Endpoint(
        method="GET",
        path="/provider-tokens/{provider}",
        handler=provider_tokens.own,
        access=session_of_listed_page,
        bucket="tokens",
    ),
    Endpoint(method="POST", path="/logout", handler=logout.logout, access=public, dialect=PageDialect()),
    Endpoint(method="GET", path="/logout", handler=logout.ask, access=public, dialect=PageDialect()),
    Endpoint(method="GET", path="/logout/return", handler=logout.come_back, access=public, dialect=PageDialect()),
    Endpoint(
        method="GET",
        path="/thirdparty/logout/{provider}",
        handler=provider_logout.ended_there,
        access=public,
        bucket="callbacks",
    ),
    Endpoint(method="GET", path="/.well-known/jwks.json", handler=pages.jwks, access=public),
    Endpoint(method="GET", path="/health/alive", handler=health.alive, access=public),
    Endpoint(method="GET", path="/health/ready", handler=health.ready, access=public),
    Endpoint(method="GET", path="/broker.css", handler=pages.stylesheet, access=public),
    Endpoint(method="GET", path="/", handler=pages.index, access=public),
)
"""What programs and people call; errors are JSON."""


class SignInDialect:
    """Errors of page loads: a redirect to the error URL; for a request that is no page load, JSON."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """The error URL, or JSON."""
        if request.headers.get("sec-fetch-dest", "document") == "document":
            return failed_navigation(error, request, broker)
        return JsonDialect().spell(error, request, broker)

    def spell_unforeseen(self, request: Request, broker: Broker) -> Response:
        """The error URL with `server_error`, or JSON."""
        if request.headers.get("sec-fetch-dest", "document") == "document":
            return failed_unforeseen(request, broker)
        return JsonDialect().spell_unforeseen(request, broker)


def _shows_a_page(request: Request) -> bool:
    """Whether a person looks at the answer. A browser says so; of whoever says nothing, a link or a form shows it,
    while a script's GET for another site has an `Origin`.
    """
    destination = request.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    is_link = request.method == "GET" and "origin" not in request.headers
    return is_link or parse.media_type(request) == parse.FORM
