"""Origins that may call from a browser: spelled out, or one wildcard for a part of one owner's host."""

import pytest

from broker.errors import ConfigError
from broker.signin.redirects import OriginAllowlist, check_origin_pattern


def test_exact_origin_is_admitted_as_browsers_spell_it() -> None:
    origins = OriginAllowlist(["http://localhost:8888", "https://App.example.com:443", "capacitor://localhost"])
    admitted = ["http://localhost:8888", "https://app.example.com", "capacitor://localhost"]
    assert all(origins.admits(origin) for origin in admitted)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://localhost",
        "http://localhost:8889",
        "https://localhost:8888",
        "http://127.0.0.1:8888",
        "http://localhost:8888/",
        "http://localhost:8888, http://evil.example",
        "http://localhost:8888.evil.example",
        "https://sub.example.com/",
        "https://sub.example.com:443",
        "https://SUB.example.com",
        "https://sub.example.com?",
        "https://user@sub.example.com",
        "https://example.com",
        "https://a.b.example.com",
        "https://subexample.com",
        "https://sub.example.com.evil.example",
        "https://sub.example.com.",
        "http://sub.example.com",
        "https://sub.example.com\\.evil.example",
        "*",
        "https://*.example.com",
        "capacitor://localhost",
    ],
)
def test_any_other_origin_is_refused(origin: str) -> None:
    assert not OriginAllowlist(["http://localhost:8888", "https://*.example.com"]).admits(origin)


def test_wildcards_admit_one_part_of_a_host_or_any_port() -> None:
    origins = OriginAllowlist(["https://*.example.com", "http://localhost:*", "https://app-*.example.org:8443"])
    admitted = ["https://sub.example.com", "http://localhost:3000", "https://app-1.example.org:8443"]
    assert all(origins.admits(origin) for origin in admitted)
    assert not origins.admits("https://app-1.example.org")


def test_empty_list_admits_nothing() -> None:
    assert not OriginAllowlist([]).admits("https://app.example.com")


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("**", "** would let pages of strangers"),
        ("https://**.example.com", "** would let pages of strangers"),
        ("https://app.example.com**", "** would let pages of strangers"),
        ("https://*", "hosts of any owner"),
        ("https://*.vercel.app", "under vercel.app"),
        ("https://*.*.amazonaws.com", ".amazonaws.com"),
        ("chrome-extension://*", "name origins of other schemes one by one"),
        ("https://app.example.com/", "without a slash"),
        ("https://app.example.com/x", "without a slash"),
        ("https://app.example.com/?x", "without a slash"),
        ("null", "does not begin with scheme://"),
        ("*", "does not begin with scheme://"),
        ("https://user@app.example.com", "user name"),
    ],
)
def test_origin_pattern_that_admits_more_than_one_owner_is_a_mistake(pattern: str, says: str) -> None:
    mistake = check_origin_pattern(pattern)
    assert mistake is not None
    assert says in mistake


def test_every_mistake_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError) as refused:
        OriginAllowlist(["**", "https://app.example.com", "https://app.example.com/"])
    assert [mistake.key for mistake in refused.value.mistakes] == ["0", "2"]
