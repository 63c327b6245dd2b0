"""The allowlist as its callers see it: admit, explain, warn, and the query that is added at the end."""

import pytest

from broker.errors import ConfigError, RedirectNotAllowed
from broker.signin.redirects import RULES, Allowlist, add_query, parse_origin

_OWN_ORIGIN = "http://localhost:8000"


def allowlist(*patterns: str) -> Allowlist:
    return Allowlist(patterns, own_origin=_OWN_ORIGIN)


def test_empty_list_admits_nothing() -> None:
    with pytest.raises(RedirectNotAllowed) as refused:
        allowlist().admit("https://app.example.com/")
    assert refused.value.rule == "no-pattern"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://app.example.com", "https://app.example.com/"),
        ("HTTPS://APP.example.com:443/Page?x=1&x=2#/a", "https://app.example.com/Page?x=1&x=2#/a"),
        ("https://app.example.com:?", "https://app.example.com/?"),
        ("https://app.example.com/ä?ö#ü", "https://app.example.com/%C3%A4?%C3%B6#%C3%BC"),
        ("https://app.example.com//a", "https://app.example.com//a"),
    ],
)
def test_admitted_url_is_returned_as_the_browser_will_read_it(written: str, canonical: str) -> None:
    assert allowlist("https://app.example.com/**").admit(written) == canonical


def test_first_pattern_that_fits_is_named() -> None:
    explanation = allowlist("https://a.example.com", "https://*.example.com/**", "**").explain(
        "https://b.example.com/x#y"
    )
    assert explanation.admitted
    assert explanation.pattern == "https://*.example.com/**"
    assert explanation.canonical == "https://b.example.com/x#y"
    assert explanation.rule is None
    assert explanation.sentence == "admitted by https://*.example.com/** as https://b.example.com/x#y"


def test_refusal_is_explained_by_its_rule_and_sentence() -> None:
    explanation = allowlist("**").explain("https://app.example.com@evil.example/")
    assert not explanation.admitted
    assert (explanation.rule, explanation.canonical, explanation.pattern) == ("user-info", None, None)
    assert explanation.sentence == f"refused by user-info: {RULES['user-info']}"


def test_error_for_the_log_names_the_rule_and_never_the_url() -> None:
    with pytest.raises(RedirectNotAllowed) as refused:
        allowlist("**").admit("javascript:alert('hidden')")
    assert refused.value.code == "invalid_request"
    assert "not-absolute" in refused.value.detail
    assert "hidden" not in str(refused.value)


def test_own_origin_is_refused_though_a_pattern_admits_it() -> None:
    with pytest.raises(RedirectNotAllowed) as refused:
        Allowlist(["https://**.example.com/**"], own_origin="https://login.example.com:443/").admit(
            "https://LOGIN.example.com/logout"
        )
    assert refused.value.rule == "own-origin"


BESIDE_US = ["https://login.example.com/app/**", "https://**.example.com/**", "**"]


@pytest.mark.parametrize("path", ["/app/", "/app/page?x=1#here"])
def test_application_beside_us_is_admitted_by_the_pattern_that_spells_it_out(path: str) -> None:
    explained = Allowlist(BESIDE_US, own_origin="https://login.example.com").explain(f"https://login.example.com{path}")
    assert explained.pattern == BESIDE_US[0]


@pytest.mark.parametrize(
    "path", ["/", "/app", "/appendix/", "/logout", "/APP/", "/thirdparty/auth", "/%61pp/x", "//app/"]
)
def test_pattern_of_an_application_beside_us_admits_nothing_else_of_our_origin(path: str) -> None:
    explained = Allowlist(BESIDE_US, own_origin="https://login.example.com").explain(f"https://login.example.com{path}")
    assert explained.rule == "own-origin"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/*",
            "/**",
            "/a*/x",
            "/**/app/x",
            "/app*/x",
            "/logout",
            "/logout/**",
            "/LOGOUT/**",
            "/thirdparty/*",
        ),
        *("/%6cogout/**", "/.well-known/**", "/broker.css", "/token", "//app/**"),
    ],
)
def test_pattern_on_our_origin_that_may_mean_a_path_of_ours_admits_nothing_there_and_is_named(path: str) -> None:
    pattern = f"https://login.example.com{path}"
    asked = Allowlist([pattern], own_origin="https://login.example.com")
    target = "https://login.example.com" + path.replace("**", "app").replace("*", "app")
    assert asked.explain(target).rule == "own-origin"
    assert [sentence for sentence in asked.warnings() if "admits nothing" in sentence]


def test_own_origin_has_to_be_a_url() -> None:
    with pytest.raises(ConfigError, match="does not begin with scheme"):
        Allowlist([], own_origin="localhost:8000")


def test_every_mistake_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError) as refused:
        allowlist("https://ok.example.com", "example.com", "https://a.example.com/**", "javascript://x")
    assert [mistake.key for mistake in refused.value.mistakes] == ["1", "3"]
    assert "'example.com' does not begin with scheme://" in refused.value.mistakes[0].message


def test_plain_http_needs_a_pattern_that_spells_it() -> None:
    assert allowlist("http://intranet.example/**").admit("http://intranet.example/x") == "http://intranet.example/x"
    assert allowlist("**").explain("http://intranet.example/x").rule == "http-not-loopback"
    assert allowlist("https://**/**").explain("http://intranet.example/x").rule == "no-pattern"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_lone_pattern_admits_http_on_loopback(host: str) -> None:
    assert allowlist("**").admit(f"http://{host}:3000/x") == f"http://{host}:3000/x"


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("**", "every https URL there is"),
        ("https://**", "hosts of any owner"),
        ("https://**/**", "hosts of any owner"),
        ("https://*", "hosts of any owner"),
        ("https://app.*", "hosts of any owner"),
        ("https://*.com", "under com"),
        ("https://*.co.uk/cb", "under co.uk"),
        ("https://*.vercel.app", "under vercel.app"),
        ("https://my-app-*.vercel.app", "under vercel.app"),
        ("https://**.amazonaws.com", ".amazonaws.com"),
        ("https://*.*.amazonaws.com", ".amazonaws.com"),
        ("https://*.xn--p1ai", "under xn--p1ai"),
        ("https://ex**ple.com", "under com"),
        ("http://8.8.*.*/**", "hosts on a public network"),
    ],
)
def test_pattern_that_admits_strangers_is_named(pattern: str, says: str) -> None:
    (warning,) = allowlist(pattern).warnings()
    assert warning.startswith(f"redirect pattern {pattern} admits strangers: ")
    assert says in warning


@pytest.mark.parametrize(
    "pattern",
    [
        "https://app.example.com/**",
        "https://*.example.com",
        "https://**.example.co.uk/**",
        "https://me.vercel.app/**",
        "https://*.me.vercel.app/**",
        "http://localhost:*/**",
        "http://192.168.*.*/**",
        "http://[::1]:3000/cb",
        "com.example.app://**/**",
    ],
)
def test_pattern_of_one_owner_is_not_named(pattern: str) -> None:
    assert allowlist(pattern).warnings() == []


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("https://app.example.com**", "for every path write https://app.example.com/**"),
        ("http://localhost:8888**", "for every path write http://localhost:8888/**"),
        ("https://app.example.com/cb?x=1", "'?x=1' is not compared"),
        ("https://app.example.com/#/login", "'#/login' is not compared"),
        ("http://localhost:8000/**", "leads to the broker itself"),
    ],
)
def test_pattern_that_means_less_than_it_seems_is_named(pattern: str, says: str) -> None:
    (warning,) = allowlist(pattern).warnings()
    assert warning.startswith(f"redirect pattern {pattern}")
    assert says in warning


@pytest.mark.parametrize(
    ("url", "parameters", "expected"),
    [
        ("https://a.example/", {"t": "1"}, "https://a.example/?t=1"),
        ("https://a.example", {"t": "1"}, "https://a.example?t=1"),
        ("https://a.example/?", {"t": "1"}, "https://a.example/?t=1"),
        ("https://a.example/?x=1", {"t": "1"}, "https://a.example/?x=1&t=1"),
        ("https://a.example/?x=1&", {"t": "1"}, "https://a.example/?x=1&t=1"),
        ("https://a.example/#f", {"t": "1"}, "https://a.example/?t=1#f"),
        ("https://a.example/#f?x=1", {"t": "1"}, "https://a.example/?t=1#f?x=1"),
        ("https://a.example/?a=%2f+b&&=#f#g", {"t": "1"}, "https://a.example/?a=%2f+b&&=&t=1#f#g"),
        ("https://a.example/?x?y", {"t": "1"}, "https://a.example/?x?y&t=1"),
        ("https://a.example/?#", {"t": "1"}, "https://a.example/?t=1#"),
        ("https://a.example/?x", {}, "https://a.example/?x"),
        ("https://a.example/", {"a&b": "c d=/?#ä", "e": ""}, "https://a.example/?a%26b=c%20d%3D%2F%3F%23%C3%A4&e="),
        ("app://callback", {"t": "1"}, "app://callback?t=1"),
    ],
)
def test_parameters_join_the_query_and_leave_the_rest_alone(
    url: str, parameters: dict[str, str], expected: str
) -> None:
    assert add_query(url, parameters) == expected


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://Login.Example.com:443/auth/", "https://login.example.com"),
        ("http://login.example.com:443/", "http://login.example.com:443"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
    ],
)
def test_origin_is_spelled_as_browsers_spell_it(url: str, origin: str) -> None:
    assert parse_origin(url) == origin


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "https://user@a.example/", "http://127.1/", "https://a.example./"]
)
def test_origin_of_a_doubtful_url_is_a_mistake(url: str) -> None:
    with pytest.raises(ConfigError):
        parse_origin(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/?hanko_token=EVIL&x=1", "https://a.example/?x=1&hanko_token=new"),
        ("https://a.example/?x=1&hanko%5Ftoken=EVIL", "https://a.example/?x=1&hanko_token=new"),
        ("https://a.example/?error=old&error_reference=OLD#f", "https://a.example/?hanko_token=new#f"),
        (
            "https://a.example/?errors=kept&xhanko_token=kept",
            "https://a.example/?errors=kept&xhanko_token=kept&hanko_token=new",
        ),
    ],
)
def test_a_target_cannot_bring_parameters_under_our_names(url: str, expected: str) -> None:
    assert add_query(url, {"hanko_token": "new"}) == expected
