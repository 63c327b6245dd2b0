"""Signing out at the provider, too: OpenID Connect RP-Initiated Logout 1.0, section 2."""

from urllib.parse import parse_qsl, quote, urlencode

from broker.errors import UpstreamUnavailable


def end_session_url(
    endpoint: str, *, client_id: str, post_logout_redirect_uri: str, state: str | None, logout_hint: str | None
) -> str:
    """Where the browser is sent. A query that the endpoint already has is kept.

    `logout_hint` spares the person the question which account; `state` comes back with the browser. Raises
    `UpstreamUnavailable` if the endpoint's own query sets a parameter of ours.
    """
    given = {
        "client_id": client_id,
        "post_logout_redirect_uri": post_logout_redirect_uri,
        "state": state,
        "logout_hint": logout_hint,
    }
    query = urlencode({name: value for name, value in given.items() if value is not None}, quote_via=quote)
    base, _, own_query = endpoint.partition("?")
    if any(name in given for name, _ in parse_qsl(own_query, keep_blank_values=True)):
        raise UpstreamUnavailable("the end session endpoint's own query repeats a parameter of ours")
    return f"{base}?{own_query}{'&' if own_query else ''}{query}"
