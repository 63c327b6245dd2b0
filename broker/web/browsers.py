"""Who sent this request: what a session's row and the trail may remember of it."""

from ipaddress import ip_address

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


def browser_told(unverified_address: str | None, unverified_user_agent: str | None) -> Browser:
    """A browser that a program speaks for: its word alone, fit to be shown. What is no address is left out."""
    return Browser(
        ip_address=_address(unverified_address or ""),
        user_agent=_printable((unverified_user_agent or "")[:MOST_USER_AGENT]) or None,
    )


def _address(unverified: str) -> str | None:
    try:
        # A zone behind it may hold any character.
        return str(ip_address(unverified.partition("%")[0]))
    except ValueError:
        return None


def _printable(unverified: str) -> str:
    """Without control characters, which a terminal that lists sessions would obey."""
    return unverified if unverified.isprintable() else "".join(filter(str.isprintable, unverified))
