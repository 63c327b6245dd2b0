"""The whole of `corpus.tsv` against URLs that applications registered: nothing that is not registered gets through."""

from urllib.parse import urlsplit

import pytest

from broker.errors import RedirectNotAllowed
from broker.signin.redirect_targets import RULES
from broker.signin.registered_targets import RegisteredTargets, mistake_in
from tests.attack.redirects.test_corpus import CORPUS

_OWN_ORIGIN = "http://localhost:8000"
_REGISTERED = RegisteredTargets(
    (
        "https://app.example.com/callback",
        "https://app.example.com/",
        "https://*.example.com/callback",
        "https://*.example.com/",
        "http://localhost:*/callback",
        "http://localhost:8888/",
        "http://127.0.0.1:*/",
        "http://[::1]:*/",
        "myapp://callback",
    ),
    production=False,
    own_origin=_OWN_ORIGIN,
)
_ALWAYS_REFUSED = frozenset(RULES) - {"no-pattern", "http-not-loopback", "own-origin", "scheme"}
"""Rules that ask no pattern: what breaks one of them can be registered by nobody."""


def is_registered(url: str) -> bool:
    """Read once more by other means: by the standard library, which is stricter about none of these parts."""
    parts = urlsplit(url)
    if url == "myapp://callback":
        return True
    host = parts.hostname or ""
    if parts.query or parts.fragment or "@" in parts.netloc or parts.path not in ("/", "/callback"):
        return False
    if parts.scheme == "https":
        return host.endswith(".example.com") and host.count(".") == 2 and parts.port is None
    return parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1") and url != f"{_OWN_ORIGIN}/"


@pytest.mark.parametrize("suffix", ["", "callback", "/callback"])
@pytest.mark.parametrize("url", [entry[2] for entry in CORPUS], ids=[f"{n:03d}" for n in range(len(CORPUS))])
def test_only_what_is_registered_is_admitted(url: str, suffix: str) -> None:
    try:
        admitted = _REGISTERED.admit(url + suffix)
    except RedirectNotAllowed:
        return
    assert is_registered(admitted), admitted
    assert _REGISTERED.admit(admitted) == admitted


@pytest.mark.parametrize(
    ("url", "rule"),
    [(entry[2], entry[0]) for entry in CORPUS if entry[0] in _ALWAYS_REFUSED and "*" not in entry[2]],
)
def test_what_two_readers_take_differently_cannot_be_registered(url: str, rule: str) -> None:
    if url.partition(":")[0].lower() in ("http", "https") or "://" not in url:
        assert mistake_in(url, production=False) is not None, rule


def test_corpus_reaches_what_is_registered() -> None:
    admitted = [url for _, _, url, _ in CORPUS if _admits(url)]

    assert len(admitted) >= 3, "a list that admits nothing would prove nothing"


def _admits(url: str) -> bool:
    try:
        _REGISTERED.admit(url)
    except RedirectNotAllowed:
        return False
    return True
