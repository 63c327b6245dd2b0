"""Signing out: of one session, with every application that took part in it told so, and back to one of them if asked.

Microsoft tells by front channel only: its signed-out page loads each application's logout URL with `sid` and nothing
else, not even `iss`. Source: Microsoft's documentation of single sign-out, OpenID Connect RP-Initiated Logout 1.0.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broker.emulator.authorization_answers import write_sessions
from broker.emulator.failures import PageFailure
from broker.emulator.faults import raise_page_fault
from broker.emulator.pages import choose_session_page, signed_out_page
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.replies import NO_STORE
from broker.emulator.sessions import Session
from broker.emulator.state import Emulator, emulator_of, segment_of


async def logout(request: Request) -> Response:
    """`GET` or `POST /{tenant}/oauth2/v2.0/logout`: end a session, or ask which one."""
    query = request.url.query if request.method == "GET" else await read_form(request)
    try:
        parameters = parse_parameters(query)
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated
    segment = segment_of(request)
    if segment is None:
        raise PageFailure(number=90002)
    raise_page_fault(request)
    emulator = emulator_of(request)
    known = emulator.sessions.read(request.cookies, emulator.directory)
    ending = _ending(known, parameters)
    if ending is None:
        return choose_session_page(action=f"/{segment.text}/oauth2/v2.0/logout", parameters=parameters, sessions=known)
    response = _signed_out(emulator, ending, parameters)
    write_sessions(request, response, [each for each in known if each not in ending])
    return response


def _ending(known: Sequence[Session], parameters: Mapping[str, str]) -> list[Session] | None:
    """The sessions that end; None where somebody has to say which."""
    if "all" in parameters:
        return list(known)
    if "session" in parameters:
        return [each for each in known if each.session_id == parameters["session"]]
    hint = parameters.get("logout_hint")
    session_id = _claim(parameters.get("id_token_hint"), "sid")
    for each in known:
        if hint == each.person.login_hint or (hint is None and session_id == each.session_id):
            return [each]
    return list(known) if len(known) < 2 else None


def _signed_out(emulator: Emulator, ended: Sequence[Session], parameters: Mapping[str, str]) -> Response:
    """Back to the application at once, or by way of the page that tells the others."""
    frames = [
        _with_parameter(registration.logout_url, "sid", session.session_id)
        for session in ended
        if not session.person.tenant.personal  # whose tokens have no `sid`
        for client_id in session.clients
        if (registration := emulator.registrations.get(client_id)) is not None and registration.logout_url
    ]
    target = _return_address(emulator, parameters)
    if target is not None and not frames:
        return RedirectResponse(target, status_code=302, headers=NO_STORE)
    return signed_out_page(frames=frames, target=target, names=[each.person.username for each in ended])


def _return_address(emulator: Emulator, parameters: Mapping[str, str]) -> str | None:
    """The post-logout redirect URI with `state`, if it is a registered redirect URI of the application, or of any."""
    wanted = parameters.get("post_logout_redirect_uri")
    if wanted is None:
        return None
    client_id = (parameters.get("client_id") or _claim(parameters.get("id_token_hint"), "aud") or "").lower()
    registrations = [each for each in emulator.registrations.values() if client_id in ("", each.client_id)]
    if not any(each.allows_redirect(wanted) for each in registrations):
        return None
    return _with_parameter(wanted, "state", parameters["state"]) if "state" in parameters else wanted


def _with_parameter(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    query = f"{parts.query}&" if parts.query else ""
    return parts._replace(path=parts.path or "/", query=query + urlencode({name: value})).geturl()


def _claim(token: str | None, name: str) -> str | None:
    """A claim of an ID token that is only a hint: nothing is proven by it, so nothing of it is checked."""
    if token is None or token.count(".") != 2:
        return None
    encoded = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    value = claims.get(name) if isinstance(claims, dict) else None
    return value if isinstance(value, str) else None
