"""What an application may register, and which URLs that means."""

import pytest

from broker.errors import ConfigError, RedirectNotAllowed
from broker.signin.registered_targets import RegisteredTargets, mistake_in, origin_mistake_in

_OWN_ORIGIN = "https://auth.example.com"


def targets(*patterns: str, production: bool = False) -> RegisteredTargets:
    return RegisteredTargets(patterns, production=production, own_origin=_OWN_ORIGIN)


def rule_for(registered: RegisteredTargets, url: str) -> str:
    with pytest.raises(RedirectNotAllowed) as refused:
        registered.admit(url)
    return refused.value.rule


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://app.example.com/callback", "https://app.example.com/callback"),
        ("https://app.example.com/callback", "HTTPS://App.Example.com:443/callback"),
        ("HTTPS://App.Example.com:443/callback", "https://app.example.com/callback"),
        ("https://app.example.com", "https://app.example.com/"),
        ("https://app.example.com/cb?tenant=a%20b&x", "https://app.example.com/cb?tenant=a%20b&x"),
        ("https://app.example.com/\u00e4", "https://app.example.com/%C3%A4"),
        ("https://xn--mnchen-3ya.example/cb", "https://xn--mnchen-3ya.example/cb"),
        ("http://app.example.com:8080/cb", "http://app.example.com:8080/cb"),
        ("https://*.example.com/cb", "https://a_b-1.example.com/cb"),
        ("https://*.example.com/cb?x=1", "https://a.example.com/cb?x=1"),
        ("https://pr-*-x.example.com/cb", "https://pr-7-x.example.com/cb"),
        ("https://*.example.com:8443/cb", "https://a.example.com:8443/cb"),
        ("https://*.auth.example.com/", "https://a.auth.example.com"),
        ("http://*.localhost:3000/cb", "http://a.localhost:3000/cb"),
        ("http://localhost:*/cb", "http://localhost:49152/cb"),
        ("http://localhost:*/cb", "http://localhost/cb"),
        ("http://127.0.0.1:*/cb", "http://127.0.0.1:65535/cb"),
        ("http://[::1]:*/cb", "http://[::1]:3000/cb"),
        ("myapp://callback", "myapp://callback"),
        ("myapp://callback/path?a=1", "myapp://callback/path?a=1"),
        ("com.example.app:/oauth", "com.example.app:/oauth"),
        ("https://auth.example.com/beside/cb", "https://auth.example.com/beside/cb"),
    ],
)
def test_registered_url_is_admitted(pattern: str, url: str) -> None:
    admitted = targets(pattern).admit(url)

    assert targets(pattern).admit(admitted) == admitted


@pytest.mark.parametrize(
    ("pattern", "url", "rule"),
    [
        ("https://app.example.com/callback", "https://app.example.com/callback/", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/callback/evil", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/Callback", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/callbac%6b", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/callback?", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/callback?next=x", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/callback;x=1", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com//callback", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com/x/../callback", "dot-segment"),
        ("https://app.example.com/callback", "https://app.example.com/%2e/callback", "encoded-separator"),
        ("https://app.example.com/callback", "https://app.example.com/callback#", "fragment"),
        ("https://app.example.com/callback", "https://app.example.com/callback#@evil.example", "fragment"),
        ("https://app.example.com/callback", "https://app.example.com:8443/callback", "not-registered"),
        ("https://app.example.com/callback", "http://app.example.com/callback", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com.evil.example/callback", "not-registered"),
        ("https://app.example.com/callback", "https://evil-app.example.com/callback", "not-registered"),
        ("https://app.example.com/callback", "https://app.example.com@evil.example/callback", "user-info"),
        ("https://app.example.com/callback", "https://evil.example@app.example.com/callback", "user-info"),
        ("https://app.example.com/callback", "https:\\\\app.example.com/callback", "backslash"),
        ("https://app.example.com/callback", "https:app.example.com/callback", "not-absolute"),
        ("https://app.example.com/callback", "//app.example.com/callback", "not-absolute"),
        ("https://app.example.com/callback", "/callback", "not-absolute"),
        ("https://app.example.com/callback", "", "not-absolute"),
        ("https://app.example.com/callback", " https://app.example.com/callback", "control-character"),
        ("https://app.example.com/callback", "https://app.example.com/callback\r\nx: y", "control-character"),
        ("https://app.example.com/callback", "https://app.example.com./callback", "trailing-dot"),
        ("https://app.example.com/callback", "https://\uff41pp.example.com/callback", "not-canonical-host"),
        ("https://app.example.com/callback", "javascript://app.example.com/callback", "scheme"),
        ("https://app.example.com/cb?a=1&b=2", "https://app.example.com/cb?b=2&a=1", "not-registered"),
        ("https://app.example.com/cb?a=1", "https://app.example.com/cb?a=1&a=2", "not-registered"),
        ("https://app.example.com/cb?a=1", "https://app.example.com/cb", "not-registered"),
        ("https://*.example.com/cb", "https://example.com/cb", "not-registered"),
        ("https://*.example.com/cb", "https://a.b.example.com/cb", "not-registered"),
        ("https://*.example.com/cb", "https://.example.com/cb", "host-label"),
        ("https://*.example.com/cb", "https://*.example.com/cb", "host-label"),
        ("https://*.example.com/cb", "https://evil.example/.example.com/cb", "not-registered"),
        ("https://*.example.com/cb", "https://evil.example?.example.com/cb", "not-registered"),
        ("https://*.example.com/cb", "https://a.exampleXcom/cb", "not-registered"),
        ("https://*.example.com/cb", "https://a.example.com/cb/x", "not-registered"),
        ("https://*.example.com/cb", "https://a.example.com:444/cb", "not-registered"),
        ("https://*.example.com/cb", "http://a.example.com/cb", "not-registered"),
        ("https://pr-*-x.example.com/cb", "https://pr--x.example.com/cb", "not-registered"),
        ("https://pr-*-x.example.com/cb", "https://pr-a.b-x.example.com/cb", "not-registered"),
        ("http://localhost:*/cb", "http://localhost:3000/cb2", "not-registered"),
        ("http://localhost:*/cb", "http://localhost:0/cb", "port"),
        ("http://localhost:*/cb", "http://localhost:*/cb", "port"),
        ("http://localhost:*/cb", "http://localhost:3000@evil.example/cb", "user-info"),
        ("http://localhost:*/cb", "http://127.0.0.1:3000/cb", "not-registered"),
        ("http://localhost:*/cb", "http://localhost.evil.example:3000/cb", "not-registered"),
        ("http://localhost:*/cb", "https://localhost:3000/cb", "not-registered"),
        ("http://127.0.0.1:*/cb", "http://127.1:3000/cb", "not-canonical-host"),
        ("http://127.0.0.1:*/cb", "http://127.0.0.2:3000/cb", "not-registered"),
        ("myapp://callback", "myapp://callback/", "scheme"),
        ("myapp://callback", "MYAPP://callback", "scheme"),
        ("myapp://callback", "myapp://callback?x", "scheme"),
        ("myapp://callback", "myapp:callback", "not-absolute"),
        ("myapp://callback", "other://callback", "scheme"),
        ("https://auth.example.com/sso/authorize", "https://auth.example.com/sso/authorize", "own-origin"),
        ("https://*.example.com/thirdparty/start", "https://auth.example.com/thirdparty/start", "own-origin"),
        ("https://auth.example.com/", "https://auth.example.com/", "own-origin"),
    ],
)
def test_anything_else_is_refused(pattern: str, url: str, rule: str) -> None:
    assert rule_for(targets(pattern), url) == rule


def test_empty_list_admits_nothing() -> None:
    assert rule_for(targets(), "https://app.example.com/callback") == "not-registered"


@pytest.mark.parametrize(
    "asked",
    [
        "https://app.example.com/callback/",
        "http://app.example.com/callback",
        "https://app.example.com:8443/callback",
        "https://app.example.com/Callback",
    ],
)
def test_operator_is_told_the_entry_that_may_be_meant(asked: str) -> None:
    targets = RegisteredTargets(["https://app.example.com/callback", "https://*.example.net/x"], production=False)

    assert targets.explain(asked).sentence.endswith("; it did register https://app.example.com/callback")


def test_no_entry_is_named_that_is_nothing_like_it() -> None:
    targets = RegisteredTargets(["https://app.example.com/callback"], production=False)

    assert "it did register" not in targets.explain("https://other.example.org/").sentence


def test_native_program_in_production_listens_on_a_port_of_its_choice() -> None:
    registered = targets("http://127.0.0.1:*/cb", production=True)

    assert registered.admit("http://127.0.0.1:49152/cb") == "http://127.0.0.1:49152/cb"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "no absolute URL"),
        ("/callback", "no absolute URL"),
        ("**", "no absolute URL"),
        ("https://app.example.com/cb#x", "fragment"),
        ("https://app.example.com/cb#", "fragment"),
        ("https://user@app.example.com/cb", "user name"),
        ("https://u:p@app.example.com/cb", "user name"),
        ("https:\\\\app.example.com/cb", "admits nothing"),
        ("https:app.example.com/cb", "admits nothing"),
        ("https://app.example.com\\cb", "backslash"),
        ("https://app.example.com/a b", "white space"),
        ("https://app.example.com/a/../cb", ". or .. segment"),
        ("https://app.example.com/%2e/cb", "encoded"),
        ("https://app.example.com./cb", "dot"),
        ("https://m\u00fcnchen.example/cb", "as browsers write it"),
        ("https://127.1/cb", "as browsers write it"),
        ("https://app.example.com/*", "path and query are compared whole"),
        ("https://app.example.com/**", "path and query are compared whole"),
        ("https://app.example.com/cb?x=*", "path and query are compared whole"),
        ("https://app.*.example.com/cb", "in the left-most part"),
        ("https://**.example.com/cb", "in the left-most part"),
        ("https://*-*.example.com/cb", "in the left-most part"),
        ("https://*.*.example.com/cb", "in the left-most part"),
        ("https://*/cb", "anybody can register"),
        ("https://*.com/cb", "anybody can register"),
        ("https://*.co.uk/cb", "anybody can register"),
        ("https://*.github.io/cb", "anybody can register"),
        ("https://pr-*.vercel.app/cb", "anybody can register"),
        ("https://*.kawasaki.jp/cb", "anybody can register"),
        ("https://*.internal/cb", "anybody can register"),
        ("https://*.0.0.1/cb", "admits nothing"),
        ("https://[*::1]/cb", "admits nothing"),
        ("https://app.example.com:*/cb", "the port may be *"),
        ("http://*.localhost:*/cb", "the port may be *"),
        ("http://0.0.0.0:*/cb", "the port may be *"),
        ("http://localhost:3*/cb", "admits nothing"),
        ("http://localhost:99999/cb", "port"),
        ("localhost:3000/callback", "has no scheme: write http://localhost:3000/callback"),
        ("app.example.com:8443", "has no scheme"),
        ("javascript:alert(1)", "never sent"),
        ("javascript://app.example.com/%0aalert(1)", "never sent"),
        ("JavaScript://app.example.com/", "never sent"),
        ("data:text/html,x", "never sent"),
        ("intent://callback", "never sent"),
        ("myapp:callback", "letter by letter"),
        ("myapp:/callback", "a scheme without a dot"),
        ("MyApp://callback", "letter by letter"),
        ("myapp://*", "letter by letter"),
        ("myapp://call back", "letter by letter"),
        ("myapp://user@callback", "letter by letter"),
        ("https://app.example.com/cb?code=1", "the parameter code"),
        ("https://app.example.com/cb?a=1&st%61te=x", "the parameter state"),
    ],
)
def test_mistake_in_an_entry_is_said_in_one_sentence(pattern: str, said: str) -> None:
    sentence = mistake_in(pattern, production=False)

    assert sentence is not None
    assert said in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "pattern",
    [
        "http://app.example.com/cb",
        "http://*.example.com/cb",
        "http://localhost:3000/cb",
        "https://localhost:3000/cb",
        "http://app.localhost/cb",
        "http://*.localhost/cb",
        "http://[::1]/cb",
        "http://127.0.0.2/cb",
    ],
)
def test_what_only_development_needs_is_a_mistake_in_production(pattern: str) -> None:
    assert mistake_in(pattern, production=False) is None
    assert "in production" in (mistake_in(pattern, production=True) or "")
    with pytest.raises(ConfigError):
        targets(pattern, production=True)


@pytest.mark.parametrize("pattern", ["https://*.example.com/cb", "http://localhost:*/cb"])
def test_wildcard_cannot_be_the_default(pattern: str) -> None:
    assert mistake_in(pattern, production=False) is None
    assert "cannot be the default" in (mistake_in(pattern, production=False, is_default=True) or "")


def test_place_after_signing_out_may_hold_a_parameter_that_answers_have() -> None:
    assert mistake_in("https://app.example.com/?state=out", production=True, carries_answers=False) is None


@pytest.mark.parametrize(
    ("origin", "production", "said"),
    [
        ("https://app.example.com", True, None),
        ("https://app.example.com:8443", True, None),
        ("http://127.0.0.1:3000", True, None),
        ("http://localhost:3000", False, None),
        ("http://localhost:3000", True, "in production"),
        ("http://app.example.com", True, "in production"),
        ("https://app.example.com/x", False, "not written as browsers send it"),
        ("https://App.example.com", False, "not written as browsers send it"),
        ("https://app.example.com:443", False, "not written as browsers send it"),
        ("https://*.example.com", False, "no origin"),
        ("http://localhost:*", False, "no origin"),
        ("null", False, "no origin"),
        ("*", False, "no origin"),
        ("myapp://callback", False, "no origin"),
        ("chrome-extension://abc", False, "no origin"),
        ("https://app.example.com?x", False, "not written as browsers send it"),
        ("https://u@app.example.com", False, "user name"),
    ],
)
def test_origin_is_exact_and_as_browsers_send_it(origin: str, production: bool, said: str | None) -> None:
    sentence = origin_mistake_in(origin, production=production)

    assert sentence is None if said is None else said in (sentence or "")
