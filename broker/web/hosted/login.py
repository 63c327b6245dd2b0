"""`GET /login`: the page on which a person chooses how to sign in; `GET /login/start`: the choice.

Whatever is wrong with the request is told where its errors go, before any page is shown.
"""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest, SignInExpired, retry_of
from broker.models.signins import AuthorizationOptions, Screen
from broker.signin.start import StartSignIn
from broker.web import parse
from broker.web.answers import see_other
from broker.web.broker import PLAIN, Broker
from broker.web.failure import failed_page, failed_start
from broker.web.hosted.page import show
from broker.web.hosted.ways import ways_of
from broker.web.page_tickets import Asked, Stale, for_page, read
from broker.web.start import begin
from broker.web.surface import note

_PAGE: Final = frozenset({"ticket", "ui_locales", "screen_hint", "error"})
_CHOICE: Final = frozenset({"ticket", "provider"})


async def login(request: Request, broker: Broker) -> Response:
    """The page: for a ticket of ours, or for whoever names where the sign-in ends, as `GET /thirdparty/auth` does."""
    given = _given(request)
    note(request, outcome="page")
    if "ticket" in given:
        asked = read(given["ticket"], broker)
        return _begin_elsewhere(asked, broker) if isinstance(asked, Stale) else await show(asked, request, broker)
    screen: Screen = "sign-up" if given.get("screen_hint") == "sign-up" else "sign-in"
    wanted = _without_silence(parse.start_of(request, PLAIN))
    intent = for_page(wanted, screen=screen, languages=given.get("ui_locales"))
    refused = broker.start.refused(intent)
    if refused is None:
        return await show(Asked(intent=intent), request, broker)
    if "error" in given:
        # The operator's error URL is this very page: told there, it would be told for ever.
        return failed_page(refused.error, request, broker)
    return failed_start(refused, request, broker)


async def chosen(request: Request, broker: Broker) -> Response:
    """Begin the sign-in by the provider that the person chose."""
    given = parse.single(parse.pairs(request.scope["query_string"]), _CHOICE)
    asked, provider = read(given.get("ticket"), broker), given.get("provider")
    if isinstance(asked, Stale):
        return _begin_elsewhere(asked, broker)
    if provider not in {way.id for way in await ways_of(asked.intent, broker)}:
        raise InvalidRequest("the page shows no such provider")
    intent = replace(asked.intent, provider=provider)
    mishap = asked.mishap
    if mishap is not None and mishap.provider == provider and retry_of(mishap.code) == "other_account":
        intent = replace(intent, options=_with_other_account(intent.options))
    return await begin(intent, request, broker)


def _begin_elsewhere(stale: Stale, broker: Broker) -> Response:
    """Where the application has its sign-ins begin: what it remembered of this one is gone. Raises `SignInExpired`."""
    application = None if stale.client_id is None else broker.applications.get(stale.client_id)
    if application is None or application.sign_in_url is None:
        raise SignInExpired("the sign-in page is too old")
    return see_other(application.sign_in_url)


def _given(request: Request) -> dict[str, str]:
    """A fault of form is told where the request wants its errors (`parse.start_of`), not here."""
    try:
        return parse.single(parse.pairs(request.scope["query_string"]), _PAGE)
    except InvalidRequest:
        return {}


def _without_silence(intent: StartSignIn) -> StartSignIn:
    """`prompt=none` asks that nobody be asked anything; a page is a question."""
    if intent.options.prompt == "none" and intent.fault is None:
        return replace(intent, fault=InvalidRequest("prompt=none does not go with a page"))
    return intent


def _with_other_account(options: AuthorizationOptions) -> AuthorizationOptions:
    """The provider would take the account that was just refused once more, without asking."""
    return options if options.prompt is not None else replace(options, prompt="select_account", login_hint=None)
