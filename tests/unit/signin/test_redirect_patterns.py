"""Patterns: what is refused when they are read, and what a good one means."""

import pytest

from broker.signin.redirect_patterns import NEVER_SCHEMES
from broker.signin.redirects import Allowlist, check_pattern


def admits(pattern: str, url: str) -> bool:
    return Allowlist([pattern], own_origin="http://localhost:8000").explain(url).admitted


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "does not begin with scheme://"),
        ("*", "only a lone ** may"),
        ("app.example.com", "does not begin with scheme://"),
        ("//app.example.com", "does not begin with scheme://"),
        ("*://app.example.com", "does not begin with scheme://"),
        ("http*://app.example.com", "does not begin with scheme://"),
        ("https:///x", "does not begin with scheme://"),
        ("myapp:callback", "does not begin with scheme://"),
        ("https://app\\.example.com", "backslash has no meaning"),
        ("https://{a,b}.example.com", "braces have no meaning"),
        ("https://a.example.com/[0-9]", "sets in brackets have no meaning"),
        ("https://app[0-9].example.com", "(no sets)"),
        ("https://[*::1]/", "(no sets)"),
        ("https://app?.example.com", "'?' ends the host"),
        ("https://app.example.com?x", "'?' ends the host"),
        ("https://app.example.com#x", "'#' ends the host"),
        ("https://user@app.example.com", "user name"),
        ("https://app.example.com:80*", "the port a number or *"),
        ("https://app.example.com:x", "the port a number or *"),
        ("https://app.example.com:", "the port a number or *"),
        ("https://app.example.com:65536", "the port is not written"),
        ("https://app.**", "behind ** a host must go on"),
        ("https://**.x.**.example.com", "behind ** a host must go on"),
        ("https://**.*.example.com", "behind ** a host must go on"),
        ("https://a.example.com/**/x/**", "at most one ** in a path"),
        ("https://a.example.com/*-*", "at most one wildcard in each part"),
        ("https://*-*.example.com", "at most one wildcard in each part"),
        ("https://a.example.com/x/../y", "a . or .. segment"),
        ("https://a.example.com/%2F*", "%2f"),
        ("https://a.example.com/%00*", "%00"),
        (" https://a.example.com", "does not begin with scheme://"),
        ("https://a.example.com/ ", "white space"),
        ("https://a.example.com/\n", "white space"),
        ("https://ä.example.com", "not written as browsers write it"),
        ("https://127.1", "not written as browsers write it"),
        ("https://*.0.0.0.1", "cannot parse"),
        ("https://a.example.com.", "ends with a dot"),
        ("https://.example.com", "a part of the host is empty"),
        ("https://*..example.com", "a part of the host is empty"),
        ("https://a.example.com/" + "x" * 2048, "more than 2,048 characters"),
    ],
)
def test_bad_pattern_is_told_what_is_wrong(pattern: str, says: str) -> None:
    mistake = check_pattern(pattern)
    assert mistake is not None
    assert says in mistake


@pytest.mark.parametrize("scheme", sorted(NEVER_SCHEMES))
def test_schemes_that_are_never_an_application_cannot_be_spelled_out(scheme: str) -> None:
    mistake = check_pattern(f"{scheme.upper()}://x/**")
    assert mistake is not None
    assert f"never sent to a {scheme} URL" in mistake


@pytest.mark.parametrize(
    ("pattern", "admitted", "refused"),
    [
        (
            "https://*.example.com",
            ["https://foo.example.com", "https://foo.example.com/"],
            ["https://example.com", "https://a.b.example.com", "https://foo.example.com/x", "http://foo.example.com"],
        ),
        (
            "https://foo.example.com/*",
            ["https://foo.example.com/page1", "https://foo.example.com/page1?a/b#c/d", "https://foo.example.com/.x"],
            ["https://foo.example.com/", "https://foo.example.com/page1/", "https://foo.example.com/a/b"],
        ),
        (
            "https://foo.example.com/**",
            ["https://foo.example.com", "https://foo.example.com/a/b.c/", "https://foo.example.com//"],
            ["https://bar.example.com/", "https://foo.example.com:8443/"],
        ),
        (
            "https://foo.example.com/a/**",
            ["https://foo.example.com/a/", "https://foo.example.com/a/b/c"],
            ["https://foo.example.com/a", "https://foo.example.com/ab", "https://foo.example.com/b/a/c"],
        ),
        (
            "https://foo.example.com/a**",
            ["https://foo.example.com/a", "https://foo.example.com/ab/c"],
            ["https://foo.example.com/", "https://foo.example.com/b"],
        ),
        (
            "https://foo.example.com/**/end",
            ["https://foo.example.com/a/end", "https://foo.example.com/a/b/end", "https://foo.example.com//end"],
            ["https://foo.example.com/end", "https://foo.example.com/a/end/", "https://foo.example.com/a/endx"],
        ),
        (
            "https://foo.example.com/en-*/cb",
            ["https://foo.example.com/en-US/cb", "https://foo.example.com/en-../cb"],
            ["https://foo.example.com/en-/cb", "https://foo.example.com/en-a/b/cb", "https://foo.example.com/en-/x/cb"],
        ),
        (
            "https://**.example.com",
            ["https://a.example.com", "https://a.b.c.example.com"],
            ["https://example.com", "https://xexample.com", "https://a.example.com/x"],
        ),
        (
            "https://a**.example.com",
            ["https://a.example.com", "https://ab.example.com", "https://a.b.example.com"],
            ["https://b.example.com", "https://b.a.example.com"],
        ),
        (
            "https://*--site.example.com",
            ["https://x--site.example.com"],
            ["https://--site.example.com", "https://a.b--site.example.com", "https://x--site.example.com.evil.example"],
        ),
        (
            "http://localhost:*",
            ["http://localhost:3000", "http://localhost:1/"],
            ["http://localhost", "http://localhost:80", "http://localhost:3000/x", "http://localhost.evil.example:1"],
        ),
        ("https://Example.com:443/", ["https://example.com", "https://EXAMPLE.com:443/"], ["https://example.com:8443"]),
        ("http://a.example:443/", ["http://a.example:443/"], ["http://a.example/", "https://a.example/"]),
        (
            "http://[::1]:*/**",
            ["http://[::1]:3000/x"],
            ["http://[::2]:3000/x", "http://127.0.0.1:3000/x", "http://localhost:3000/x"],
        ),
        ("https://**/**", ["https://a.b/", "https://127.0.0.1/"], ["https://[::1]/", "http://a.b/"]),
        (
            "http://192.168.*.1*/**",
            ["http://192.168.0.10/", "http://192.168.255.199/x"],
            ["http://192.168.0.1/", "http://192.168.0.20/", "http://192.168.evil.1x/", "http://192.168.evil.example/"],
        ),
        ("https://*.*.*.*", ["https://a.b.c.d", "https://10.0.0.1"], ["https://a.b.c"]),
        (
            "com.example.app://**/**",
            ["com.example.app://cb", "COM.example.app://cb/x?y#z", "com.example.app://a.b/"],
            ["com.example.apps://cb", "com.example.app:cb", "https://cb/", "com.example.app:///cb"],
        ),
        ("com.example.app://cb", ["com.example.app://cb", "com.example.app://cb/"], ["com.example.app://cb/x"]),
        ("https://a.example/ä*", ["https://a.example/äb", "https://a.example/%C3%A4b"], ["https://a.example/%c3%a4b"]),
        (
            "https://a.example/(x|y)+@(z)!(w)~-*",
            ["https://a.example/(x|y)+@(z)!(w)~-v"],
            ["https://a.example/x+@(z)!(w)~-v", "https://a.example/(x|y)z"],
        ),
        ("*****", ["https://a.b/x", "http://localhost/"], ["http://a.b/", "com.example.app://cb"]),
    ],
)
def test_pattern_means_what_the_guide_says(pattern: str, admitted: list[str], refused: list[str]) -> None:
    assert [url for url in admitted if not admits(pattern, url)] == []
    assert [url for url in refused if admits(pattern, url)] == []
