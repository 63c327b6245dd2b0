"""How a session is handed to whoever redeemed a code: by cookie, or by header where the operator wants that.

Never both: a script could not read, nor overwrite, a cookie of the same name that is HttpOnly.
"""

from starlette.responses import Response

from broker.models.sessions import Session
from broker.web.broker import Broker


def deliver(response: Response, session: Session, token: str, broker: Broker) -> None:
    """Add the headers that carry the session; `X-Session-Lifetime` is in seconds."""
    for name, value in delivery(session, token, broker):
        response.headers.append(name, value)


def delivery(session: Session, token: str, broker: Broker, *, remember: bool = False) -> tuple[tuple[str, str], ...]:
    """The same headers; `remember`: the person was asked, and wants to stay signed in."""
    lifetime = ("X-Session-Lifetime", str(session.expires_at - broker.clock.now()))
    if broker.rules.auth_token_header:
        return lifetime, ("X-Auth-Token", token)
    return lifetime, ("Set-Cookie", broker.session_cookie.carrying(token, remember=remember).header())
