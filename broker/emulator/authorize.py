"""The authorize endpoint and the sign-in page behind it: from a request to the answer that carries a code.

A browser that is already signed in is answered silently only where the request says who (`login_hint`) or forbids the
page (`prompt=none`). Microsoft would do so without a hint as well; here somebody tries out one person after the
other.
"""

import base64
import json
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.authorization_request import AuthorizationRequest, read_authorization_request
from broker.emulator.codes import Grant
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.faults import raise_authorize_fault
from broker.emulator.pages import sign_in_page
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.people import PEOPLE, Person, person_named
from broker.emulator.replies import reply
from broker.emulator.sessions import Session
from broker.emulator.state import base_of, emulator_of


async def authorize(request: Request) -> Response:
    """`GET` or `POST /{tenant}/oauth2/v2.0/authorize`: answer at once, or show the sign-in page."""
    query = request.url.query if request.method == "GET" else await read_form(request)
    authorization = _read(request, query)
    raise_authorize_fault(request, authorization.reply_to)
    session = _usable_session(request, authorization)
    if authorization.prompt == "none":
        if session is None:
            raise RedirectFailure(number=50058, reply_to=authorization.reply_to)
        return _answer(request, authorization, session)
    if (choice := authorization.automatic) is not None:
        if choice.cancel:
            raise _cancelled(authorization)
        return _sign_in(request, authorization, choice.name)
    if authorization.prompt is None and session is not None and session.person is authorization.hinted:
        return _answer(request, authorization, session)
    return _page(request, authorization, typed=authorization.login_hint or "")


async def choose(request: Request) -> Response:
    """`POST /{tenant}/login`: the sign-in page's form comes back with a person, a typed name or cancel."""
    try:
        form = parse_parameters(await read_form(request))
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated
    # The request is read anew: nothing in the form is believed that the authorize endpoint would refuse.
    authorization = _read(request, form.get("request", ""))
    if form.get("action") == "cancel":
        raise _cancelled(authorization)
    name = form.get("person") or form.get("username", "")
    if person_named(name) is None:
        problem = "There is no account with this name." if name else "Type a name, or choose one from the list."
        return _page(request, authorization, typed=name, problem=problem)
    return _sign_in(request, authorization, name)


def _read(request: Request, query: str) -> AuthorizationRequest:
    try:
        parameters = parse_parameters(query)
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated
    return read_authorization_request(
        parameters,
        segment_text=request.path_params["tenant"],
        registrations=emulator_of(request).registrations,
        query=query,
    )


def _usable_session(request: Request, authorization: AuthorizationRequest) -> Session | None:
    """The browser's session, if it may answer this request without asking anybody."""
    emulator = emulator_of(request)
    session = emulator.sessions.read(request.cookies)
    if session is None or not authorization.segment.admits(session.person.tenant):
        return None
    if not authorization.registration.audience.takes_personal and session.person.tenant.personal:
        return None
    if authorization.login_hint and session.person is not authorization.hinted:
        return None
    age = emulator.clock.now() - session.auth_time
    if authorization.max_age is not None and age >= authorization.max_age:
        return None
    return session


def _sign_in(request: Request, authorization: AuthorizationRequest, name: str) -> Response:
    """Sign the named person in, or say why this account cannot be used here."""
    person = person_named(name)
    again = _page_address(request, authorization)
    if person is None:
        raise PageFailure(number=50034, status=200, choose_again=again)
    if person.disabled:
        raise PageFailure(number=50057, status=200, choose_again=again)
    if not authorization.segment.admits(person.tenant):
        raise PageFailure(number=50020, status=200, choose_again=again)
    if person.tenant.personal and not authorization.registration.audience.takes_personal:
        # The personal half of the service phrases this without a number.
        raise RedirectFailure(
            error="unauthorized_client",
            description="The client does not exist or is not enabled for consumers.",
            reply_to=authorization.reply_to,
        )
    session = Session.begin(person, emulator_of(request).clock.now())
    return _answer(request, authorization, session)


def _answer(request: Request, authorization: AuthorizationRequest, session: Session) -> Response:
    """The authorization response with a fresh code, and the session's cookie."""
    emulator = emulator_of(request)
    grant = Grant(
        client_id=authorization.registration.client_id,
        segment=authorization.segment,
        redirect_uri=authorization.reply_to.redirect_uri,
        scopes=authorization.scopes,
        person=session.person,
        session_id=session.session_id,
        auth_time=session.auth_time,
        nonce=authorization.nonce,
        challenge=authorization.challenge,
        challenge_method=authorization.challenge_method,
    )
    members = {"code": emulator.codes.issue(grant)}
    if authorization.client_info:
        members["client_info"] = client_info(session.person)
    members["session_state"] = session.session_id
    response = reply(authorization.reply_to, members)
    emulator.sessions.write(response, session, secure=base_of(request).startswith("https:"))
    return response


def _cancelled(authorization: AuthorizationRequest) -> RedirectFailure:
    """What comes back when somebody presses cancel: no description, no number."""
    return RedirectFailure(error="access_denied", subcode="cancel", reply_to=authorization.reply_to)


def _page(
    request: Request, authorization: AuthorizationRequest, *, typed: str = "", problem: str | None = None
) -> Response:
    session = emulator_of(request).sessions.read(request.cookies)
    return sign_in_page(
        action=f"/{authorization.segment.text}/login",
        request_query=authorization.query,
        returns_to=urlsplit(authorization.reply_to.redirect_uri).netloc,
        people=list(PEOPLE.values()),
        typed=typed,
        signed_in=session.person if session else None,
        problem=problem,
    )


def _page_address(request: Request, authorization: AuthorizationRequest) -> str:
    """The sign-in page of the same request, whatever its hint and prompt were."""
    parameters = parse_parameters(authorization.query)
    parameters.pop("login_hint", None)
    parameters["prompt"] = "select_account"
    return f"/{authorization.segment.text}/oauth2/v2.0/authorize?{urlencode(parameters)}"


def client_info(person: Person) -> str:
    """The library extension `client_info`: base64url JSON of home object and home tenant, unsigned."""
    content = json.dumps({"uid": person.oid, "utid": person.tenant.id}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
