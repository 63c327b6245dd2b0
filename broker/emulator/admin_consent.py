"""An administrator consents for a whole directory, by a link that the application hands out.

    GET /{tenant}/v2.0/adminconsent?client_id=&scope=&redirect_uri=&state=    the scopes that it names
    GET /{tenant}/adminconsent?client_id=&redirect_uri=&state=                all permissions of the registration

The answer proves nothing about who gave it. Source: Microsoft's documentation of the admin consent endpoints.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.authorization_answers import keep_session
from broker.emulator.authorization_request import Automatic, missing, registration_asking, reply_address
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.faults import raise_authorize_fault
from broker.emulator.pages import consent_page, sign_in_page
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.people import Person
from broker.emulator.permissions import DESCRIPTIONS, GRAPH, OPENID_SCOPES, ScopeMistake, graph_scopes, read_scopes
from broker.emulator.registrations import Registration
from broker.emulator.replies import ReplyTo, reply
from broker.emulator.sessions import Session, begin_session
from broker.emulator.state import base_of, emulator_of, segment_of
from broker.emulator.tenants import Segment


@dataclass(frozen=True, kw_only=True)
class ConsentRequest:
    """A request that may be answered. `named` says whether it named its scopes."""

    segment: Segment
    registration: Registration
    reply_to: ReplyTo
    scopes: tuple[str, ...]
    named: bool
    automatic: Automatic | None
    query: str = field(repr=False)


async def admin_consent(request: Request) -> Response:
    """`GET` shows who is asked for what; `POST` brings back who it is, or the decision."""
    form = {} if request.method == "GET" else _parsed(await read_form(request))
    asked = _read(request, request.url.query if request.method == "GET" else form.get("request", ""))
    raise_authorize_fault(request, asked.reply_to)
    if asked.automatic is not None:
        return _automatic(request, asked, asked.automatic)
    if form.get("action") == "cancel":
        raise RedirectFailure(error="access_denied", subcode="cancel", reply_to=asked.reply_to)
    if name := form.get("person") or form.get("username"):
        return _page(request, asked, _signed_in(request, asked, name))
    session = _administrator_here(request, asked)
    if session is None:
        return _who(request, asked)
    if "decision" not in form:
        return _page(request, asked, session)
    if form["decision"] != "accept":
        raise RedirectFailure(number=65004, reply_to=asked.reply_to)
    return _given(request, asked, session)


def _read(request: Request, query: str) -> ConsentRequest:
    parameters = _parsed(query)
    segment = segment_of(request)
    if segment is None:
        raise PageFailure(number=90002)
    by_scopes = "/v2.0/" in request.url.path
    if segment.text == "consumers" or (segment.text == "common" and by_scopes):
        raise PageFailure(number=90130)
    registration = registration_asking(parameters, emulator_of(request).registrations)
    reply_to = reply_address(parameters, registration)
    mistake = registration.audience_mistake(segment)
    # An application of one directory may be linked to by `organizations` here: the administrator's directory counts.
    if mistake is not None and mistake != 50194:
        raise PageFailure(number=mistake)
    return ConsentRequest(
        segment=segment,
        registration=registration,
        reply_to=reply_to,
        scopes=_scopes(parameters, registration, reply_to, base_of(request)) if by_scopes else registration.permissions,
        named=by_scopes,
        automatic=Automatic.read(parameters.get("login_hint")),
        query=query,
    )


def _parsed(encoded: str) -> dict[str, str]:
    try:
        return parse_parameters(encoded)
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated


def _scopes(parameters: Mapping[str, str], registration: Registration, reply_to: ReplyTo, base: str) -> tuple[str, ...]:
    if "scope" not in parameters:
        raise RedirectFailure(number=900144, reply_to=reply_to, description=missing("scope"))
    try:
        return read_scopes(parameters["scope"], configured=registration.permissions, base=base)
    except ScopeMistake as mistake:
        raise RedirectFailure(number=mistake.number, reply_to=reply_to) from mistake


def _automatic(request: Request, asked: ConsentRequest, choice: Automatic) -> Response:
    if choice.cancel:
        raise RedirectFailure(error="access_denied", subcode="cancel", reply_to=asked.reply_to)
    session = _signed_in(request, asked, choice.name)
    if choice.decline:
        raise RedirectFailure(number=65004, reply_to=asked.reply_to)
    return _given(request, asked, session)


def _administrator(asked: ConsentRequest, person: Person | None) -> Person:
    """The account if it may consent for its directory. Raises `PageFailure`."""
    account = person.seen_through(asked.segment) if person is not None and not person.disabled else None
    if account is None:
        raise PageFailure(number=50034 if person is None else 50057 if person.disabled else 50020, status=200)
    if asked.registration.audience_mistake(Segment(text=account.tenant.id, tenant=account.tenant)) is not None:
        raise PageFailure(number=700016, status=200)
    if not account.admin:
        raise PageFailure(number=90094, status=200)
    return account


def _administrator_here(request: Request, asked: ConsentRequest) -> Session | None:
    """The browser's session of somebody who may consent, if it has one."""
    emulator = emulator_of(request)
    for session in emulator.sessions.read(request.cookies, emulator.directory):
        account = session.person.seen_through(asked.segment)
        if account is not None and account.admin:
            return session
    return None


def _signed_in(request: Request, asked: ConsentRequest, name: str) -> Session:
    emulator = emulator_of(request)
    person = emulator.directory.named(name)
    account = _administrator(asked, person)
    known = emulator.sessions.read(request.cookies, emulator.directory)
    home = account.at_home
    return begin_session(home, known=known, now=emulator.clock.now(), epoch=emulator.directory.epoch(home))


def _who(request: Request, asked: ConsentRequest) -> Response:
    return sign_in_page(
        action=request.url.path,
        request_query=asked.query,
        returns_to=urlsplit(asked.reply_to.redirect_uri).netloc,
        people=[each for each in emulator_of(request).directory.all() if each.admin],
    )


def _page(request: Request, asked: ConsentRequest, session: Session) -> Response:
    account = _administrator(asked, session.person)
    response = consent_page(
        action=request.url.path,
        fields={"request": asked.query},
        application=asked.registration.name,
        person=account,
        permissions=[(scope, DESCRIPTIONS[scope]) for scope in asked.scopes],
        for_directory=account.tenant.name,
        only_for_directory=True,
    )
    keep_session(request, response, session)
    return response


def _given(request: Request, asked: ConsentRequest, session: Session) -> Response:
    account = _administrator(asked, session.person)
    consents = emulator_of(request).consents
    consents.give_for_directory(account.tenant, asked.registration.client_id, (*OPENID_SCOPES, *asked.scopes))
    members = {"admin_consent": "True", "tenant": account.tenant.id}
    if asked.named:
        members["scope"] = " ".join(f"{GRAPH}/{scope}" for scope in graph_scopes(asked.scopes))
    response = reply(asked.reply_to, members)
    keep_session(request, response, session.joined_by(asked.registration.client_id))
    return response
