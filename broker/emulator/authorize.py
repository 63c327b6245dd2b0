"""The authorize endpoint and the pages behind it: from a request to the answer that carries a code.

A browser that is already signed in is answered silently only where the request says who (`login_hint`) or forbids the
page (`prompt=none`). Microsoft would do so without a hint as well; here somebody tries out one person after the
other.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.admission import admit, hinted_domain
from broker.emulator.authorization_answers import answer, answer_or_ask, declined, missing_consent
from broker.emulator.authorization_request import AuthorizationRequest, read_authorization_request
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.faults import raise_authorize_fault
from broker.emulator.pages import sign_in_page
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.people import Person
from broker.emulator.sessions import Session, begin_session
from broker.emulator.state import base_of, emulator_of, segment_of


async def authorize(request: Request) -> Response:
    """`GET` or `POST /{tenant}/oauth2/v2.0/authorize`: answer at once, or show the sign-in page."""
    query = request.url.query if request.method == "GET" else await read_form(request)
    authorization = _read(request, query)
    raise_authorize_fault(request, authorization.reply_to)
    usable = _usable_sessions(request, authorization)
    if authorization.prompt == "none":
        return _answer_silently(request, authorization, usable)
    if (choice := authorization.automatic) is not None:
        if choice.cancel:
            raise _cancelled(authorization)
        return _sign_in(request, authorization, choice.name)
    if authorization.prompt is None and authorization.login_hint and usable:
        return answer_or_ask(request, authorization, usable[0])
    return _page(request, authorization, typed=authorization.login_hint or "")


async def choose(request: Request) -> Response:
    """`POST /{tenant}/login`: the sign-in page's form comes back with a person, a typed name or cancel."""
    form = await _form(request)
    # The request is read anew: nothing in the form is believed that the authorize endpoint would refuse.
    authorization = _read(request, form.get("request", ""))
    if form.get("action") == "cancel":
        raise _cancelled(authorization)
    name = form.get("person") or form.get("username", "")
    if emulator_of(request).directory.named(name) is None:
        problem = "There is no account with this name." if name else "Type a name, or choose one from the list."
        return _page(request, authorization, typed=name, problem=problem)
    return _sign_in(request, authorization, name)


async def consent(request: Request) -> Response:
    """`POST /{tenant}/consent`: the consent page's form comes back with the decision."""
    form = await _form(request)
    authorization = _read(request, form.get("request", ""))
    raise_authorize_fault(request, authorization.reply_to)
    # By the cookie, so that no other site's form can consent for the person in this browser.
    found = [each for each in _sessions(request) if each.session_id == form.get("session")]
    if not found:
        return _page(request, authorization, problem="You are no longer signed in here.")
    account = admit(authorization, found[0].person)
    missing_consent(request, authorization, account)
    if form.get("decision") != "accept":
        raise declined(authorization)
    consents, client_id = emulator_of(request).consents, authorization.registration.client_id
    consents.give(account, client_id, authorization.scopes)
    if account.admin and form.get("for_directory") == "yes":
        consents.give_for_directory(account.tenant, client_id, authorization.scopes)
    return answer(request, authorization, found[0], account)


async def _form(request: Request) -> dict[str, str]:
    try:
        return parse_parameters(await read_form(request))
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated


def _read(request: Request, query: str) -> AuthorizationRequest:
    return read_authorization_request(
        query,
        segment=segment_of(request),
        registrations=emulator_of(request).registrations,
        base=base_of(request),
    )


def _sessions(request: Request) -> tuple[Session, ...]:
    emulator = emulator_of(request)
    return emulator.sessions.read(request.cookies, emulator.directory)


def _usable_sessions(request: Request, authorization: AuthorizationRequest) -> list[Session]:
    """Those of the browser's sessions that may answer this request without asking anybody."""
    emulator = emulator_of(request)
    hint = authorization.login_hint
    hinted = emulator.directory.named(hint) if hint else None
    return [
        session
        for session in _sessions(request)
        if (session.person == hinted or not hint) and _usable(session, authorization, emulator.clock.now())
    ]


def _usable(session: Session, authorization: AuthorizationRequest, now: float) -> bool:
    account = session.person.seen_through(authorization.segment)
    if account is None or (account.tenant.personal and not authorization.registration.audience.takes_personal):
        return False
    if authorization.claims.strong and not session.strong:
        return False
    return authorization.max_age is None or now - session.auth_time < authorization.max_age


def _answer_silently(request: Request, authorization: AuthorizationRequest, usable: Sequence[Session]) -> Response:
    """`prompt=none`: a code, or the error that says which page would have been needed."""
    if not usable:
        raise RedirectFailure(number=50058, reply_to=authorization.reply_to)
    if len(usable) > 1:
        raise RedirectFailure(number=16000, reply_to=authorization.reply_to)
    try:
        account = admit(authorization, usable[0].person)
    except PageFailure as failure:
        raise RedirectFailure(number=failure.number, reply_to=authorization.reply_to) from failure
    if missing_consent(request, authorization, account):
        raise RedirectFailure(number=65001, reply_to=authorization.reply_to)
    return answer(request, authorization, usable[0], account)


def _sign_in(request: Request, authorization: AuthorizationRequest, name: str) -> Response:
    """Sign the named person in, or say why this account cannot be used here."""
    emulator = emulator_of(request)
    person = emulator.directory.named(name)
    admit(authorization, person)
    assert person is not None  # noqa: S101 - `admit` has refused nobody; tells the type checker
    session = begin_session(
        person,
        known=_sessions(request),
        now=emulator.clock.now(),
        epoch=emulator.directory.epoch(person),
        # Whoever is asked for a second factor has one here.
        strong=authorization.claims.strong,
    )
    return answer_or_ask(request, authorization, session)


def _cancelled(authorization: AuthorizationRequest) -> RedirectFailure:
    """What comes back when somebody presses cancel: no description, no number."""
    return RedirectFailure(error="access_denied", subcode="cancel", reply_to=authorization.reply_to)


def _page(
    request: Request, authorization: AuthorizationRequest, *, typed: str = "", problem: str | None = None
) -> Response:
    cloud = authorization.segment.cloud
    people = [person for person in emulator_of(request).directory.all() if person.tenant.seen_in(cloud)]
    return sign_in_page(
        action=f"/{authorization.segment.text}/login",
        request_query=authorization.query,
        returns_to=urlsplit(authorization.reply_to.redirect_uri).netloc,
        people=_offered(people, authorization.domain_hint),
        typed=typed,
        signed_in=frozenset(session.person.key for session in _sessions(request)),
        problem=problem,
    )


def _offered(people: list[Person], domain_hint: str | None) -> list[Person]:
    """Those whom the hint means; everybody, where it means nobody."""
    return [person for person in people if hinted_domain(person, domain_hint)] or people
