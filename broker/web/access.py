"""Who may call: the words that stand in the route tables, and what each of them demands."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest, NotAuthenticated, NotFound, NotPermitted
from broker.models.keys import ApiKey, Scope
from broker.sessions.lifecycle import LiveSession
from broker.signin.redirects import OriginAllowlist
from broker.telemetry.logging import get_logger
from broker.web.broker import Broker
from broker.web.surface import note

MOST_CANDIDATES = 20
MOST_AUTHORIZATION_HEADERS = 4


async def public(_request: Request, _broker: Broker) -> Response | None:
    """Anybody."""
    return None


async def navigation(request: Request, _broker: Broker) -> Response | None:
    """A top-level page load, and nothing else.

    The binding cookie must be first-party, and a frame, an image or a fetch has no business beginning or ending a
    sign-in. A prefetch is answered with nothing, so that it uses nothing up.
    """
    if is_prefetch(request):
        return Response(status_code=204)
    destination = request.headers.get("sec-fetch-dest")
    if destination is not None and destination != "document":
        raise InvalidRequest("this address is for page loads only")
    return None


def is_prefetch(request: Request) -> bool:
    """Whether a browser only looks ahead: nobody has followed the link."""
    return "prefetch" in request.headers.get("sec-purpose", "") or request.headers.get("purpose") == "prefetch"


async def session(request: Request, broker: Broker) -> Response | None:
    """Somebody with a living session of ours, by bearer or cookie; it counts as used."""
    live = await current_session(request, broker)
    request.scope["live_session"] = await broker.sessions.touch(live)
    return None


async def session_of_listed_page(request: Request, broker: Broker) -> Response | None:
    """A living session, by a script of a page that the operator listed for this provider's tokens.

    The list is its own: who may read `/me` may not therefore act in the person's name elsewhere. Without an `Origin` a
    browser has to say that the script is our own origin's; whoever says nothing is no page and belongs at the admin
    address, with a key. What is no script at all (an image, a page load) is refused.
    """
    listed = broker.token_origins.get(request.path_params["provider"])
    if listed is None:
        raise NotFound("sessions read no tokens of this provider")
    if not _is_script_of(request, listed):
        raise NotPermitted("no page that is listed in provider_tokens.origins")
    return await session(request, broker)


async def no_page(request: Request, _broker: Broker) -> Response | None:
    """The operator's programs, without a key, or the operator's own eyes.

    A page has no business here: a request with an `Origin` is refused, and so is an image, a frame or a script, which
    has none but of which browsers say that another site asked for it (Fetch metadata, section 2.3).
    """
    if "origin" in request.headers:
        raise NotPermitted("the admin address is not for pages")
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise NotPermitted("another site made a browser ask the admin address")
    return None


async def admin_key(request: Request, broker: Broker) -> Response | None:
    """Somebody with a key of the admin API, and no page."""
    await no_page(request, broker)
    for key in bearer_tokens(request):
        found = await broker.api_keys.check(key)
        note(request, api_key=found.name)
        request.scope["api_key"] = found
        return None
    raise NotAuthenticated("no API key")


def admin_scope(scope: Scope) -> Callable[[Request, Broker], Awaitable[Response | None]]:
    """Somebody with a key of the admin API that was made for this."""

    async def admit(request: Request, broker: Broker) -> Response | None:
        await admin_key(request, broker)
        if not api_key(request).opens(scope):
            raise NotPermitted(f"the key was not made for {scope}")
        return None

    admit.__name__ = f"admin_scope({scope})"
    return admit


def api_key(request: Request) -> ApiKey:
    """The key that `admin_key` found."""
    found = request.scope["api_key"]
    assert isinstance(found, ApiKey)  # noqa: S101 - set by the access rule of the same route
    return found


def live_session(request: Request) -> LiveSession:
    """The session that `session` found."""
    found = request.scope["live_session"]
    assert isinstance(found, LiveSession)  # noqa: S101 - set by the access rule of the same route
    return found


async def current_session(request: Request, broker: Broker) -> LiveSession:
    """The living session that came with the request: bearer headers first, so that a bad one does not hide a good
    cookie, then cookies. Raises `NotAuthenticated`, `StoreUnavailable`.
    """
    for live in await _alive(bearer_tokens(request), broker):
        return live
    tokens = broker.session_cookie.tokens(request.scope)
    found = {live.session.id: live for live in await _alive(tokens[:MOST_CANDIDATES], broker)}
    # More cookies than a browser has come from somebody who hides one behind copies of another.
    if len(found) > 1 or len(tokens) > MOST_CANDIDATES:
        alarm_two_sessions(request, broker)
        raise NotAuthenticated("two session cookies that name different sessions")
    for live in found.values():
        note(request, session_id=live.session.id)
        return live
    raise NotAuthenticated("no living session came with the request")


async def all_sessions(request: Request, broker: Broker) -> list[LiveSession]:
    """Every living session that came with the request, planted ones included: for signing out, which ends them all."""
    tokens = [*bearer_tokens(request), *broker.session_cookie.tokens(request.scope)[:MOST_CANDIDATES]]
    return list({live.session.id: live for live in await _alive(tokens, broker)}.values())


def alarm_two_sessions(request: Request, broker: Broker) -> None:
    """A browser carries two sessions of ours: a sibling host tossed a cookie in."""
    broker.metrics.security_events.labels("two_sessions").inc()
    get_logger().warning("security", kind="two_sessions", request_id=request.scope.get("request_id"))


def bearer_tokens(request: Request) -> list[str]:
    """The tokens of the first `Authorization: Bearer` headers, unverified (RFC 6750 section 2.1)."""
    found = []
    for header in request.headers.getlist("authorization")[:MOST_AUTHORIZATION_HEADERS]:
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            found.append(token.strip())
    return list(dict.fromkeys(found))


def _is_script_of(request: Request, listed: OriginAllowlist) -> bool:
    if request.headers.get("sec-fetch-dest", "empty") != "empty":
        return False
    origins = request.headers.getlist("origin")
    if origins:
        return len(origins) == 1 and listed.admits(origins[0])
    return request.headers.get("sec-fetch-site") == "same-origin"


async def _alive(unverified_tokens: Sequence[str], broker: Broker) -> list[LiveSession]:
    found = []
    for token in unverified_tokens:
        with suppress(NotAuthenticated):
            found.append(await broker.sessions.check(token))
    return found
