"""The last step of an authorization: consent where it is missing, then the code and the browser's session.

Consent is asked for on a page that names what the application wants. A form brings the decision back to
`POST /{tenant}/consent`, where the request is read anew and the person is the one of this browser's session.
"""

import base64
import json
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.admission import admit, other_account
from broker.emulator.authorization_request import AuthorizationRequest
from broker.emulator.codes import Grant
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.pages import consent_page
from broker.emulator.people import Person
from broker.emulator.permissions import ADMIN_ONLY, DESCRIPTIONS
from broker.emulator.replies import reply
from broker.emulator.sessions import Session, in_front
from broker.emulator.state import base_of, emulator_of


def answer_or_ask(request: Request, authorization: AuthorizationRequest, session: Session) -> Response:
    """The code, or the consent page before it; the person is signed in from here on."""
    account = admit(authorization, session.person)
    wanted = missing_consent(request, authorization, account)
    if not wanted and authorization.prompt != "consent":
        return answer(request, authorization, session, account)
    choice = authorization.automatic
    if choice is None:
        return _page(request, authorization, session, account)
    if choice.decline:
        raise declined(authorization)
    emulator_of(request).consents.give(account, authorization.registration.client_id, authorization.scopes)
    return answer(request, authorization, session, account)


def missing_consent(request: Request, authorization: AuthorizationRequest, account: Person) -> tuple[str, ...]:
    """The scopes without consent. Raises where this person could not give it."""
    client_id = authorization.registration.client_id
    wanted = emulator_of(request).consents.missing(account, client_id, authorization.scopes)
    for scope in wanted:
        if ADMIN_ONLY.get(scope) and account.tenant.personal:
            raise RedirectFailure(number=70011, reply_to=authorization.reply_to)
        if ADMIN_ONLY.get(scope) and not account.admin and authorization.prompt != "none":
            raise PageFailure(number=90094, status=200, choose_again=other_account(authorization))
    return wanted


def answer(request: Request, authorization: AuthorizationRequest, session: Session, account: Person) -> Response:
    """The authorization response with a fresh code, and the session's cookie."""
    registration, redirect_uri = authorization.registration, authorization.reply_to.redirect_uri
    grant = Grant(
        client_id=registration.client_id,
        segment=authorization.segment,
        redirect_uri=redirect_uri,
        scopes=authorization.scopes,
        person=account,
        session_id=session.session_id,
        auth_time=session.auth_time,
        nonce=authorization.nonce,
        challenge=authorization.challenge,
        challenge_method=authorization.challenge_method,
        epoch=emulator_of(request).directory.epoch(account),
        strong=session.strong,
        single_page=registration.is_single_page(redirect_uri),
        acrs=authorization.claims.acrs,
    )
    members = {"code": emulator_of(request).codes.issue(grant)}
    if authorization.client_info:
        members["client_info"] = client_info(account)
    members["session_state"] = session.session_id
    response = reply(authorization.reply_to, members)
    keep_session(request, response, session.joined_by(registration.client_id))
    return response


def keep_session(request: Request, response: Response, session: Session) -> None:
    """Put a session in front of those that the browser has."""
    emulator = emulator_of(request)
    known = emulator.sessions.read(request.cookies, emulator.directory)
    write_sessions(request, response, in_front(session, known))


def write_sessions(request: Request, response: Response, sessions: Sequence[Session]) -> None:
    """Make these the browser's sessions."""
    emulator_of(request).sessions.write(response, sessions, secure=base_of(request).startswith("https:"))


def declined(authorization: AuthorizationRequest) -> RedirectFailure:
    """What comes back when somebody does not consent."""
    return RedirectFailure(number=65004, reply_to=authorization.reply_to)


def client_info(account: Person) -> str:
    """The library extension `client_info`: base64url JSON of home object and home tenant, unsigned."""
    home = account.at_home
    content = json.dumps({"uid": home.oid, "utid": home.tenant.id}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _page(request: Request, authorization: AuthorizationRequest, session: Session, account: Person) -> Response:
    response = consent_page(
        action=f"/{authorization.segment.text}/consent",
        fields={"request": authorization.query, "session": session.session_id},
        application=authorization.registration.name,
        person=account,
        permissions=[(scope, DESCRIPTIONS[scope]) for scope in authorization.scopes],
        for_directory=account.tenant.name if account.admin else None,
    )
    keep_session(request, response, session)
    return response
