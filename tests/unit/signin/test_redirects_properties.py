"""Whatever the allowlist admits leads where its pattern says, by the rules of browsers, and nowhere else.

The check is a second reading: the parser once more on the text that came and on the text that goes, the standard
library's own splitting of the canonical URL, and a matcher of a few lines that walks characters.
"""

import re
import time
from functools import cache
from urllib.parse import urlsplit

import ada_url
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import RedirectNotAllowed
from broker.signin.redirects import Allowlist, add_query, check_pattern
from tests.unit.signin.hanko_matcher import hanko_admits_origin

_OWN_ORIGIN = "http://localhost:8000"
_PATTERNS = (
    "https://app.example.com/**",
    "https://*.example.com",
    "https://**.example.org/cb/*",
    "https://app-*.example.net/a/**",
    "http://localhost:8888/**",
    "http://localhost:*/cb",
    "http://192.168.*.*/**",
    "http://[::1]:3000/**",
    "com.example.app://callback/**",
)
_FIXED = Allowlist(_PATTERNS, own_origin=_OWN_ORIGIN)

# The same examples in every run: a failure is a failure for everybody.
_bounded = settings(max_examples=400, derandomize=True, deadline=None, database=None)

_FRAGMENTS = st.sampled_from(
    [
        *("https:", "http:", "HTTPS:", "javascript:", "data:", "com.example.app:", "blob:", "file:"),
        *(
            "/",
            "//",
            "///",
            "\\",
            "@",
            ":",
            "?",
            "#",
            ".",
            "..",
            "/../",
            "/./",
            "%",
            "&",
            ";",
            ",",
            "*",
            "**",
            "[",
            "]",
        ),
        *(
            "%2f",
            "%2F",
            "%5c",
            "%2e",
            "%2e%2e",
            "%00",
            "%0a",
            "%40",
            "%23",
            "%61",
            "%252f",
            "\t",
            "\n",
            "\r",
            " ",
            "\0",
        ),
        *("app.example.com", ".example.com", "a.b.example.org", "app-x.example.net", "localhost", "callback", "evil"),
        *("evil.example", "xn--a", "xn--4ca", "[::1]", "192.168.1.2", "192.168.", "127.1", "0x7f.1", "2130706433"),
        *(":8888", ":8000", ":3000", ":0", ":65536", ":443", ":80", "user:pass", "/cb", "/cb/", "/a/", "x", "A", "0"),
        *(
            "\u3002",
            "\uff0e",
            "\uff41",
            "\u212a",
            "\u017f",
            "\u00ad",
            "\u200b",
            "\u0430",
            "\u2028",
            "\ud800",
            "\U0001d41a",
        ),
    ]
)
_ADMITTED = st.sampled_from(
    [
        "https://app.example.com/",
        "https://app.example.com/deep/page.html?x=1#top",
        "https://foo.example.com",
        "https://a.b.example.org/cb/x",
        "https://app-7.example.net:443/a/b",
        "http://localhost:8888/",
        "http://localhost:5173/cb?q",
        "http://192.168.1.2/x",
        "http://[::1]:3000/x",
        "com.example.app://callback/x",
    ]
)


@cache
def fits(pattern: str, text: str, separator: str) -> bool:
    """Walk a glob and a text side by side: `*` takes one character or more but no separator, `**` takes anything."""
    if not pattern:
        return not text
    if pattern.startswith("**"):
        return any(fits(pattern[2:], text[taken:], separator) for taken in range(len(text) + 1))
    if pattern.startswith("*"):
        reach = text.split(separator)[0]
        return any(fits(pattern[1:], text[taken:], separator) for taken in range(1, len(reach) + 1))
    return text[:1] == pattern[0] and fits(pattern[1:], text[1:], separator)


def leads_where(pattern: str, url: str) -> bool:
    """Whether a canonical URL, split by the standard library, lies within a pattern, part by part."""
    parts = urlsplit(url)
    scheme, _, behind = pattern.partition("://")
    authority, slash, path = behind.partition("/")
    host, _, port = authority.rpartition(":") if re.search(r":[0-9*]+$", authority) else (authority, "", "")
    port_fits = parts.port is not None if port == "*" else str(parts.port or "") == port
    written_host = parts.netloc.removesuffix(f":{parts.port}")
    return (
        parts.scheme == scheme
        and parts.username is None
        and parts.password is None
        and port_fits
        and fits(host, written_host, ".")
        and (fits(slash + path, parts.path or "/", "/") if slash else parts.path in ("", "/"))
    )


def assert_leads_nowhere_else(allowlist: Allowlist, patterns: tuple[str, ...], unverified_url: str) -> bool:
    """Admit or refuse; of an admitted URL prove that browsers go where a pattern says. Returns whether admitted."""
    try:
        url = allowlist.admit(unverified_url)
    except RedirectNotAllowed:
        return False
    assert ada_url.URL(unverified_url).href == url, "what came leads where we send"
    assert ada_url.URL(url).href == url, "what we send is read as it stands"
    assert allowlist.admit(url) == url, "what was admitted stays admitted"
    assert url.isascii()
    assert re.search(r"[\s\\\x00-\x1f\x7f]", url) is None
    base = ada_url.URL(url, "https://broker.example/thirdparty/callback")
    assert base.href == url, "no page of ours takes part in where it leads"
    assert not base.username
    assert not base.password
    assert any(leads_where(pattern, url) for pattern in patterns), url
    assert base.origin != _OWN_ORIGIN
    longer = ada_url.URL(add_query(url, {"hanko_token": "a/b?c#d&e", "é": "\\"}))
    assert (longer.protocol, longer.host, longer.pathname, longer.hash) == (
        base.protocol,
        base.host,
        base.pathname,
        base.hash,
    )
    return True


@_bounded
@given(st.lists(_FRAGMENTS, max_size=10))
def test_text_put_together_from_the_tools_of_the_trade(fragments: list[str]) -> None:
    assert_leads_nowhere_else(_FIXED, _PATTERNS, "".join(fragments))


@_bounded
@given(st.text(max_size=60))
def test_any_text_behind_an_admitted_beginning(text: str) -> None:
    for beginning in ("https://", "https://app.example.com", "https://app.example.com/", "http://localhost:"):
        assert_leads_nowhere_else(_FIXED, _PATTERNS, beginning + text)


@_bounded
@given(st.data())
def test_mutations_of_admitted_urls(data: st.DataObject) -> None:
    url = data.draw(_ADMITTED)
    assert assert_leads_nowhere_else(_FIXED, _PATTERNS, url)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(url)))
        end = data.draw(st.integers(start, min(len(url), start + 4)))
        url = url[:start] + data.draw(st.one_of(_FRAGMENTS, st.characters())) + url[end:]
        assert_leads_nowhere_else(_FIXED, _PATTERNS, url)


_LABEL = st.sampled_from(["a", "app", "x-1", "*", "*", "pr-*", "*--site", "**", "b**", "xn--4ca"])
_SEGMENT = st.sampled_from(["a", "cb", "v1.2", "*", "*", "x-*", "*.html", "**", "c**", "", "ä", "(x|y)", "@(a)"])


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    labels = [*draw(st.lists(_LABEL, max_size=3)), draw(st.sampled_from(["example", "*", "app"])), "com"]
    port = draw(st.sampled_from(["", "", ":8443", ":*", ":443"]))
    segments = draw(st.lists(_SEGMENT, max_size=3))
    path = "/" + "/".join(segments) if segments else ""
    return f"{draw(st.sampled_from(['https', 'http']))}://{'.'.join(labels)}{port}{path}"


@st.composite
def _meant_by(draw: st.DrawFn, pattern: str) -> str:
    """A URL that the pattern means: its wildcards filled in."""
    host, slash, path = pattern.partition("://")[2].partition("/")
    host = host.replace(":*", f":{draw(st.integers(1, 65535).filter(lambda port: port not in (80, 443)))}")
    host = re.sub(r"\*+", lambda _: draw(st.sampled_from(["q", "q-1"])), host)
    fill = st.sampled_from(["q", "q.r", "%C3%A4", "q:@!"])
    return f"{pattern.partition('://')[0]}://{host}{slash}{re.sub(r'[*]+', lambda _: draw(fill), path)}"


@_bounded
@given(st.data())
def test_any_pattern_admits_what_it_means_and_mutations_only_within_it(data: st.DataObject) -> None:
    pattern = data.draw(_patterns().filter(lambda pattern: check_pattern(pattern) is None))
    allowlist = Allowlist([pattern], own_origin=_OWN_ORIGIN)
    url = data.draw(_meant_by(pattern))
    canonical_pattern = pattern.replace("ä", "%C3%A4")
    if pattern.startswith("https:"):
        canonical_pattern = canonical_pattern.replace(":443", "")
    assert assert_leads_nowhere_else(allowlist, (canonical_pattern,), url)
    assert hanko_admits_origin(pattern, allowlist.admit(url))
    place = data.draw(st.integers(0, len(url)))
    mutated = url[:place] + data.draw(_FRAGMENTS) + url[place + data.draw(st.integers(0, 3)) :]
    if assert_leads_nowhere_else(allowlist, (canonical_pattern,), mutated):
        assert hanko_admits_origin(pattern, allowlist.admit(mutated))


@pytest.mark.parametrize(
    "pattern",
    [
        "https://a.example.com/**/*-x/*-y/*-z/end",
        "https://a.example.com/**-a/*b/*c",
        "https://a.example.com/*/*/*/*/*/*/*/*/x",
        "https://a.example.com/a*/**b",
    ],
)
@pytest.mark.parametrize("repeated", ["/", "-", "/-", "-a/", "/a-x", "/x-y", "a", "b", "/-x/-y/-z"])
def test_no_url_makes_a_pattern_slow(pattern: str, repeated: str) -> None:
    """A few hundred microseconds at most; a matcher that tries every division would need seconds."""
    allowlist = Allowlist([pattern], own_origin=_OWN_ORIGIN)
    url = ("https://a.example.com/" + repeated * 2000)[:2040]
    began = time.process_time()
    for _ in range(10):
        allowlist.explain(url)
    assert time.process_time() - began < 0.5
