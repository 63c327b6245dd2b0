"""The address at which a person signs out at the provider, too."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from broker.errors import UpstreamUnavailable
from broker.protocol.logout import end_session_url

ENDPOINT = "https://login.example/common/oauth2/v2.0/logout"
BACK = "https://broker.example/logout/return"


def url(endpoint: str = ENDPOINT, *, state: str | None = "s", logout_hint: str | None = "O.x&y=z é") -> str:
    return end_session_url(endpoint, client_id="c", post_logout_redirect_uri=BACK, state=state, logout_hint=logout_hint)


def test_everything_is_sent_once_and_as_it_is() -> None:
    made = urlsplit(url())
    assert made._replace(query="").geturl() == ENDPOINT
    assert made.query.isascii()
    assert parse_qsl(made.query, strict_parsing=True) == [
        ("client_id", "c"),
        ("post_logout_redirect_uri", BACK),
        ("state", "s"),
        ("logout_hint", "O.x&y=z é"),
    ]


def test_what_is_not_there_is_not_sent() -> None:
    assert [name for name, _ in parse_qsl(urlsplit(url(state=None, logout_hint=None)).query)] == [
        "client_id",
        "post_logout_redirect_uri",
    ]


def test_query_of_the_endpoint_is_kept_and_may_set_nothing_of_ours() -> None:
    assert url(ENDPOINT + "?p=policy").startswith(f"{ENDPOINT}?p=policy&client_id=c&")
    for own in ("client_id=x", "post_logout_redirect_uri=https://evil.example", "state=", "logout_hint=x"):
        with pytest.raises(UpstreamUnavailable):
            url(f"{ENDPOINT}?{own}")
