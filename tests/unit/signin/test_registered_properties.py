"""Whatever a registered entry admits leads where it says, by a second reading, and nowhere else."""

from urllib.parse import urlsplit

import ada_url
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import RedirectNotAllowed
from broker.signin.registered_targets import RegisteredTargets, mistake_in
from tests.unit.signin.test_redirects_properties import _FRAGMENTS, _bounded

_OWN_ORIGIN = "http://localhost:8000"
_ENTRIES = (
    "https://app.example.com/cb?a=1",
    "https://*.example.com/cb",
    "https://pr-*-x.example.org/cb",
    "http://localhost:*/cb",
    "com.example.app://callback",
)
_TARGETS = RegisteredTargets(_ENTRIES, production=False, own_origin=_OWN_ORIGIN)
_NEAR = st.sampled_from(
    [
        *("https://app.example.com/cb?a=1", "https://a.example.com/cb", "https://pr-1-x.example.org/cb"),
        *("http://localhost:3000/cb", "com.example.app://callback", "/cb", "/cb?a=1", ".example.com", "localhost"),
        *("app.example.com", "pr-", "-x.example.org", "evil.example", "xn--", "\u212a", "%2e", "\u00ad", "a", "1", "_"),
    ]
)
_URLS = st.lists(_NEAR | _FRAGMENTS, min_size=1, max_size=9).map("".join) | st.tuples(
    _NEAR, st.text(max_size=6), st.text(max_size=6)
).map(lambda parts: parts[1] + parts[0] + parts[2])


def is_meant(url: str) -> bool:
    """By the standard library's splitting of the URL that goes."""
    if url == "com.example.app://callback":
        return True
    parts = urlsplit(url)
    name, _, behind = (parts.hostname or "").partition(".")
    if parts.fragment or "@" in parts.netloc or url.endswith("#"):
        return False
    if parts.scheme == "http":
        return parts.hostname == "localhost" and url.endswith("/cb")
    if parts.netloc == "app.example.com" and url.endswith("/cb?a=1"):
        return True
    if parts.scheme != "https" or parts.port is not None or not url.endswith(parts.netloc + "/cb"):
        return False
    if behind == "example.org":
        return name.startswith("pr-") and name.endswith("-x") and len(name) > len("pr--x")
    return behind == "example.com" and bool(name)


@_bounded
@given(url=_URLS)
def test_admitted_url_leads_where_an_entry_says(url: str) -> None:
    try:
        admitted = _TARGETS.admit(url)
    except RedirectNotAllowed:
        return

    assert is_meant(admitted)
    assert _TARGETS.admit(admitted) == admitted
    assert ada_url.URL(url).href == ada_url.URL(admitted).href


@_bounded
@given(text=_URLS | st.text(max_size=40))
def test_entry_that_is_no_mistake_admits_itself_where_it_holds_no_wildcard(text: str) -> None:
    if mistake_in(text, production=False) is not None or "*" in text:
        return
    targets = RegisteredTargets([text], production=False)

    assert targets.admit(targets.admit(text)) == targets.admit(text)


@_bounded
@given(text=_URLS)
def test_production_takes_nothing_that_staging_refuses(text: str) -> None:
    if mistake_in(text, production=False) is not None:
        assert mistake_in(text, production=True) is not None
