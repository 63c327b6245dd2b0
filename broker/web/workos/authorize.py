"""`GET /sso/authorize`, `GET /user_management/authorize`: where an application sends the browser to sign somebody in.

Until the application and its redirect URI are known to be registered, a page of ours says what is wrong; from then on
the application is told, in its redirect URI. The order is the protection: nobody is sent to an address that is not
registered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest, RedirectNotAllowed, StoreUnavailable
from broker.models.applications import Application
from broker.models.signins import AuthorizationOptions, ForApplication, Interface, Screen
from broker.protocol import pkce
from broker.signin.redirects import add_query
from broker.signin.start import StartSignIn
from broker.web import parse
from broker.web.answers import redirection
from broker.web.broker import Broker
from broker.web.sign_in_page import open_page
from broker.web.start import begin
from broker.web.strings import ERRORS
from broker.web.surface import note
from broker.web.workos import scopes
from broker.web.workos.returning import SURFACE
from broker.web.workos.selection import NotSelected, Selected, select

MOST_STATE: Final = 1500
"""It travels in our cookie."""
_PROMPTS: Final = frozenset({"login", "select_account", "consent"})
_PLACE: Final = frozenset({"client_id", "redirect_uri"})
_KNOWN: Final = _PLACE | frozenset({
    "response_type", "provider", "connection", "organization", "connection_id",
    "organization_id", "domain", "state", "login_hint", "domain_hint", "prompt", "max_age", "screen_hint",
    "code_challenge", "code_challenge_method", "ui_locales",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Fault:
    """What the application is told in its redirect URI; `detail` is for our log."""

    code: str
    sentence: str
    detail: str | None = None


class ApplicationUnknown(InvalidRequest):
    """There is no place that could be told: our own page says what is wrong."""


async def sso(request: Request, broker: Broker) -> Response:
    """The application wants to know who is there."""
    return await _authorize(request, broker, "sso")


async def user_management(request: Request, broker: Broker) -> Response:
    """The application wants a session."""
    return await _authorize(request, broker, "user_management")


async def _authorize(request: Request, broker: Broker, interface: Interface) -> Response:
    unverified_pairs = parse.pairs(request.scope["query_string"])
    place = parse.single(unverified_pairs, _PLACE)
    application = _application(place, broker)
    note(request, application=application.client_id)
    target = _target(place, application, broker)
    given, fault = _given(unverified_pairs)
    outcome = fault or await _intent(given, unverified_pairs, application, target, interface, broker)
    if isinstance(outcome, _Fault):
        note(request, outcome=outcome.code, detail=outcome.detail)
        told = {"error": outcome.code, "error_description": outcome.sentence}
        state = given.get("state")
        return redirection(add_query(target, told | ({} if state is None else {"state": state})), status=302)
    if outcome.provider is None:
        screen: Screen = "sign-up" if given.get("screen_hint") == "sign-up" else "sign-in"
        return await open_page(request, broker, outcome, screen=screen, languages=given.get("ui_locales"))
    return await begin(outcome, request, broker)


def _given(unverified_pairs: list[tuple[str, str]]) -> tuple[Mapping[str, str], _Fault | None]:
    """The parameters. Of a request that has one twice only the state is told, if that is there once."""
    try:
        return parse.single(unverified_pairs, _KNOWN), None
    except InvalidRequest as error:
        states = [value for name, value in unverified_pairs if name == "state" and value]
        told = {"state": states[0]} if len(states) == 1 else {}
        return told, _Fault(code="invalid_request", sentence=error.detail)


def _application(given: Mapping[str, str], broker: Broker) -> Application:
    application = broker.applications.get(given.get("client_id", ""))
    if application is None:
        raise ApplicationUnknown(
            "client_id names no application that is registered here", remedy="workos.applications[].client_id"
        )
    return application


def _target(given: Mapping[str, str], application: Application, broker: Broker) -> str:
    unverified = given.get("redirect_uri") or application.default_redirect_uri
    if unverified is None:
        raise ApplicationUnknown(
            "redirect_uri is missing, and the application has no default",
            remedy="default_redirect_uri of the application",
        )
    try:
        return broker.applications.admit(application.client_id, unverified)
    except RedirectNotAllowed as error:
        raise ApplicationUnknown(
            f"redirect_uri is not registered for the application: {error.rule}",
            remedy="redirect_uris of the application; "
            f"broker redirects explain URL --application {application.client_id} tells why",
        ) from error


async def _intent(
    given: Mapping[str, str],
    unverified_pairs: list[tuple[str, str]],
    application: Application,
    target: str,
    interface: Interface,
    broker: Broker,
) -> StartSignIn | _Fault:
    """What to begin, or what is wrong with the request."""
    fault = _fault(given)
    if fault is not None:
        return fault
    try:
        selected = await _selected(given, interface, broker)
        if isinstance(selected, NotSelected):
            return _Fault(code=selected.code, sentence=selected.sentence)
        options = _options(given, unverified_pairs, for_page=selected.provider is None)
    except InvalidRequest as error:
        return _Fault(code="invalid_request", sentence=error.detail)
    except StoreUnavailable as error:
        return _Fault(code="server_error", sentence=ERRORS[error.code], detail=error.detail)
    return StartSignIn(
        surface=SURFACE,
        provider=selected.provider,
        unverified_redirect_to=target,
        unverified_error_redirect_to=target,
        code_challenge=given.get("code_challenge"),
        code_challenge_method=given.get("code_challenge_method"),
        options=options,
        redeemer=application.client_id,
        application=ForApplication(
            client_id=application.client_id,
            interface=interface,
            state=given.get("state"),
            connection_id=selected.connection_id,
            organization_id=selected.organization_id,
            returns_tokens=application.return_provider_tokens,
        ),
    )


def _fault(given: Mapping[str, str]) -> _Fault | None:
    """What is wrong before anybody asks which connection is meant."""
    if given.get("response_type") != "code":
        return _Fault(code="unsupported_response_type", sentence="response_type must be code.")
    if "domain" in given:
        return _Fault(code="domain_connection_selector_not_allowed", sentence="domain does not select a connection.")
    if len(given.get("state", "")) > MOST_STATE:
        return _Fault(code="invalid_request", sentence=f"state is longer than {MOST_STATE} characters.")
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method")
    if challenge is None and method is not None:
        return _Fault(code="code_challenge_missing", sentence="code_challenge_method comes with a code_challenge.")
    if challenge is not None and (method != "S256" or not pkce.is_challenge(challenge)):
        return _Fault(code="invalid_request", sentence="code_challenge comes with code_challenge_method=S256.")
    return None


async def _selected(given: Mapping[str, str], interface: Interface, broker: Broker) -> Selected | NotSelected:
    suffix = "_id" if interface == "user_management" else ""
    return await select(
        broker,
        provider=given.get("provider"),
        connection=given.get("connection" + suffix),
        organization=given.get("organization" + suffix),
        domain_hint=given.get("domain_hint"),
        page_is_served=interface == "user_management",
    )


def _options(
    given: Mapping[str, str], unverified_pairs: list[tuple[str, str]], *, for_page: bool
) -> AuthorizationOptions:
    """What goes on to the provider. Raises `InvalidRequest`."""
    further = scopes.provider_query_params(unverified_pairs)
    prompt = given.get("prompt") if given.get("prompt") in _PROMPTS else further.get("prompt")
    passed_on = {name: given[name] for name in ("login_hint", "domain_hint") if name in given}
    if for_page and "max_age" in given:
        passed_on["max_age"] = _max_age(given["max_age"])
    checked = parse.authorization_options(passed_on)
    return AuthorizationOptions(
        login_hint=checked.login_hint,
        domain_hint=checked.domain_hint,
        prompt=prompt,
        max_age=checked.max_age,
        scopes=scopes.provider_scopes(unverified_pairs),
    )


def _max_age(unverified: str) -> str:
    """These clients know no longest time; whoever signed in within a day did so within a longer one, too."""
    is_number = unverified.isascii() and unverified.isdigit() and len(unverified) <= 12
    return str(min(int(unverified), parse.MOST_MAX_AGE)) if is_number else unverified
