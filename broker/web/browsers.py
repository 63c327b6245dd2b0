"""Who sent this request: what a session's row and the trail may remember of it."""

from starlette.requests import Request

from broker.models.browsers import Browser
from broker.web.broker import Broker

MOST_USER_AGENT = 255


def browser_of(request: Request, broker: Broker) -> Browser:
    """What the session's row shall remember of this browser, and the sessions it carries."""
    client = request.scope.get("client")
    return Browser(
        session_tokens=tuple(broker.session_cookie.tokens(request.scope)),
        user_agent=_printable(request.headers.get("user-agent", "")[:MOST_USER_AGENT]) or None,
        ip_address=client[0] if client and broker.rules.remember_client_address else None,
        request_id=request.scope.get("request_id"),
    )


def _printable(unverified: str) -> str:
    """Without control characters, which a terminal that lists sessions would obey."""
    return unverified if unverified.isprintable() else "".join(filter(str.isprintable, unverified))
