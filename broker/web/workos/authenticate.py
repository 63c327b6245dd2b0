"""`POST /user_management/authenticate`: a code becomes a session, and a refresh token a fresh access token."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import GrantRefused
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.web import parse
from broker.web.broker import Broker
from broker.web.browsers import browser_told
from broker.web.surface import note
from broker.web.workos import cookies, present
from broker.web.workos.code_grant import exchange_of
from broker.web.workos.credentials import Client, body_of, client_of, required
from broker.web.workos.idempotency import answered_once
from broker.web.workos.refresh import renewed
from broker.web.workos.selection import authentication_method

_Grant = Callable[[Mapping[str, object], Client, Request, Broker], Awaitable[Response]]


async def authenticate(request: Request, broker: Broker) -> Response:
    """Read the grant, honour it, present user and tokens."""
    body = await body_of(request)
    grant = _GRANTS.get(required(body, "grant_type"))
    if grant is None:
        raise GrantRefused("This grant is not served here.", code="unsupported_grant_type")
    return await grant(body, client_of(body, request, broker), request, broker)


async def _by_code(body: Mapping[str, object], client: Client, request: Request, broker: Broker) -> Response:
    """A code, good once: in whichever try of the request its answer arrives."""
    return await answered_once(request, broker, client, lambda: _exchanged(body, client, request, broker))


async def _exchanged(body: Mapping[str, object], client: Client, request: Request, broker: Broker) -> Response:
    browser = browser_told(parse.text_member(body, "ip_address"), parse.text_member(body, "user_agent"))
    made = await broker.exchange.for_session(exchange_of(body, client, request, broker, browser=browser))
    further = {}
    if made.tokens is not None:
        further["oauth_tokens"] = present.oauth_tokens(made.session.provider, made.tokens)
    return await _answer(made.profile, made.session, made.refresh_token, client, request, broker, **further)


async def _by_refresh_token(body: Mapping[str, object], client: Client, request: Request, broker: Broker) -> Response:
    """The same session again. What the provider gave goes with the code alone."""
    again = await renewed(body, client, request, broker)
    return await _answer(again.profile, again.session, again.refresh_token, client, request, broker)


async def _answer(
    profile: UserProfile,
    session: Session,
    refresh_token: str,
    client: Client,
    request: Request,
    broker: Broker,
    **further: Any,
) -> JSONResponse:
    """The answer to every grant. A page without secret gets its cookies, too, whichever way it keeps the token."""
    note(request, session_id=session.id)
    claims = present.access_claims(
        session,
        client.application,
        membership=await broker.organizing.memberships.in_which(session),
        public_origin=broker.rules.public_origin,
        now=broker.clock.now(),
        now_ms=broker.clock.now_ms(),
    )
    content: dict[str, Any] = {"user": present.user(profile, metadata=session.metadata)}
    if "org_id" in claims:
        content["organization_id"] = claims["org_id"]
    content |= {
        "access_token": broker.keyring.sign(claims),
        "refresh_token": refresh_token,
        "authentication_method": authentication_method(session.provider),
        **further,
    }
    response = JSONResponse(content, headers={"Cache-Control": "no-store"})
    if client.keeps_cookies:
        seconds = session.expires_at - broker.clock.now()
        cookies.keep(response, request, broker, client.application, refresh_token=refresh_token, seconds=seconds)
    return response


_GRANTS: Final[Mapping[str, _Grant]] = {"authorization_code": _by_code, "refresh_token": _by_refresh_token}
