from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.files import BASE, PRODUCTION, SECRET, loaded, refused

ORIGINS = "server.public.cors.allow_origins"
COOKIE = "session.cookie"


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com",
        "http://10.0.0.1:8000",
        "http://localhost.example.com",
        "https://login.example.com/sso",
        "https://login.example.com/?x",
        "https://login.example.com#x",
        "https://LOGIN.example.com",
        "https://login.example.com:443",
        "https://login.example.com.",
        "login.example.com",
        "",
    ],
)
def test_public_url_is_a_canonical_https_origin(url: str) -> None:
    assert list(refused({"service.public_url": url}, base=PRODUCTION)) == ["service.public_url"]


def test_slash_behind_the_public_url_is_taken_off() -> None:
    config = loaded({"service.public_url": "https://login.example.com/"}, base=PRODUCTION).config

    assert config.service.public_url == "https://login.example.com"
    assert config.callback_url == "https://login.example.com/thirdparty/callback"
    assert config.session_issuer == "https://login.example.com"
    assert config.session_audience == ("login.example.com",)


def test_issuer_and_audience_may_be_given() -> None:
    config = loaded({"session.issuer": "https://id.example.com/x", "session.audience": ["app"]}).config

    assert (config.session_issuer, config.session_audience) == ("https://id.example.com/x", ("app",))


@pytest.mark.parametrize(
    "issuer", ["http://id.example.com", "https://id.example.com?x", "https://id.example.com#x", "id"]
)
def test_issuer_is_a_url_without_query(issuer: str) -> None:
    assert list(refused({"session.issuer": issuer})) == ["session.issuer"]


@pytest.mark.parametrize("address", ["0.0.0.0:8400", "10.0.0.1:8400", "unix:emulator.sock", "example.com:8400"])
def test_emulator_listens_on_loopback_only(address: str) -> None:
    assert list(refused({"service.emulator_address": address})) == ["service.emulator_address"]


def test_every_listener_has_an_address_of_its_own() -> None:
    assert list(refused({"server.admin.address": "127.0.0.1:8000"})) == ["server.admin.address"]
    assert list(refused({"service.emulator_address": "127.0.0.1:8001"})) == ["service.emulator_address"]
    assert refused({"server.admin.address": "127.0.0.1:0", "server.public.address": "127.0.0.1:0"}) == {}


@pytest.mark.parametrize(
    ("base", "keys", "is_refused"),
    [
        (BASE, {}, False),
        (BASE, {"database.url": "postgresql://db/broker"}, True),
        (PRODUCTION, {"secrets.keys": []}, True),
        (PRODUCTION, {"secrets.keys": [], "database.url": "postgresql://db/broker"}, True),
        (PRODUCTION, {"database.url": "postgresql://db/broker"}, False),
    ],
)
def test_only_staging_on_sqlite_may_leave_the_secret_out(
    base: Mapping[str, Any], keys: Mapping[str, Any], is_refused: bool
) -> None:
    assert list(refused(keys, base=base)) == (["secrets.keys"] if is_refused else [])


def test_server_makes_a_secret_only_where_none_is_configured() -> None:
    assert loaded().config.makes_secret_file
    assert not loaded({"secrets.keys": [SECRET]}).config.makes_secret_file


def test_short_and_repeated_secrets_are_refused_one_by_one() -> None:
    found = refused({"secrets.keys": [SECRET, "x" * 31, SECRET]})

    assert set(found) == {"secrets.keys[1]", "secrets.keys[2]"}
    assert "openssl" in found["secrets.keys[1]"]


@pytest.mark.parametrize(
    "url", ["mysql://db/broker", "broker.db", "sqlite:broker.db", "sqlite:///", "postgres://db/broker"]
)
def test_other_databases_are_refused(url: str) -> None:
    assert list(refused({"database.url": url})) == ["database.url"]


def test_pool_keeps_no_more_than_it_may_open() -> None:
    assert list(refused({"database.pool.min": 11})) == ["database.pool.min"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://*.example.com",
        "https://*--site.example.com",
        "https://a.*.b.example.com",
        "http://localhost:3000",
        "http://*.localhost:3000",
        "http://127.0.0.1:3000",
        "https://someone.vercel.app",
    ],
)
def test_origins_may_be_listed(origin: str) -> None:
    found = loaded({ORIGINS: [origin]})

    assert found.config.server.public.cors.allow_origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "**",
        "*",
        "null",
        "https://**",
        "https://**.example.com",
        "https://*",
        "https://*.com",
        "https://*.co.uk",
        "https://*.vercel.app",
        "https://*--site.netlify.app",
        "https://*.github.io",
        "https://app.*",
        "https://*.intranet",
        "http://127.0.0.*",
        "*://app.example.com",
        "http*://app.example.com",
        "https://app.example.com/",
        "https://app.example.com/*",
        "https://app.example.com:*",
        "https://app.example.com:80*",
        "https://App.example.com",
        "https://app.example.com:443",
        "app.example.com",
        "https://user@app.example.com",
    ],
)
def test_origins_that_admit_strangers_or_are_none_are_refused(origin: str) -> None:
    assert list(refused({ORIGINS: ["https://fine.example.com", origin]})) == [f"{ORIGINS}[1]"]


def test_http_origin_beyond_this_machine_is_told() -> None:
    (notice, _) = loaded({ORIGINS: ["http://localhost:1", "http://app.example.com"]}).notices

    assert notice.startswith(f"{ORIGINS}[1]: is http")


@pytest.mark.parametrize("proxy", ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "unix"])
def test_proxies_are_addresses_networks_or_the_socket(proxy: str) -> None:
    assert loaded({"server.trusted_proxies": [proxy]}).config.server.trusted_proxies == (proxy,)


@pytest.mark.parametrize("proxy", ["proxy.internal", "10.0.0.1/8", "10.0.0.256", "*", ""])
def test_other_proxies_are_refused(proxy: str) -> None:
    assert list(refused({"server.trusted_proxies": [proxy]})) == ["server.trusted_proxies[0]"]


def test_trusting_everybody_is_told() -> None:
    assert "believes everybody" in loaded({"server.trusted_proxies": ["0.0.0.0/0"]}).notices[0]


@pytest.mark.parametrize(
    "host", ["https://a.example", "a.example/", "*.example.com", "A.example", "a b", "a.example?", ""]
)
def test_host_names_are_plain(host: str) -> None:
    assert list(refused({"server.hosts": [host]})) == ["server.hosts[0]"]
    assert list(refused({"server.admin.hosts": [host]})) == ["server.admin.hosts[0]"]


def test_certificate_needs_its_key_and_a_public_url_by_https(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("x")
    both = {"server.public.tls.cert": "cert.pem", "server.public.tls.key": "cert.pem"}

    assert refused(both, base=PRODUCTION, base_dir=tmp_path) == {}
    assert list(refused(both, base_dir=tmp_path)) == ["service.public_url"]
    half = {"server.public.tls.cert": "cert.pem"}
    assert list(refused(half, base=PRODUCTION, base_dir=tmp_path)) == ["server.public.tls.key"]
    assert list(refused({"server.public.tls.key": "none.pem"}, base=PRODUCTION)) == ["server.public.tls.key"]


def test_secure_cookie_is_lowered_on_plain_loopback_with_a_notice() -> None:
    found = loaded({f"{COOKIE}.same_site": "none"})

    assert (found.config.session.cookie.secure, found.config.session.cookie.same_site) == (False, "lax")
    assert [notice.partition(":")[0] for notice in found.notices] == [f"{COOKIE}.secure", f"{COOKIE}.same_site"]
    assert "lowered" in found.sources[f"{COOKIE}.secure"]


def test_secure_cookie_stays_where_browsers_come_by_https() -> None:
    found = loaded({f"{COOKIE}.same_site": "none"}, base=PRODUCTION)

    assert (found.config.session.cookie.secure, found.config.session.cookie.same_site) == (True, "none")
    assert [notice for notice in found.notices if notice.startswith(COOKIE)] == []


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"same_site": "none", "secure": False}, "same_site"),
        ({"name": "__Host-hanko", "secure": False}, "name"),
        ({"name": "__Secure-hanko", "secure": False}, "name"),
        ({"name": "__Host-hanko", "domain": "example.com"}, "domain"),
        ({"name": "__Http-hanko", "http_only": False}, "name"),
        ({"name": "signin-x"}, "name"),
        ({"name": "__Host-signin-x"}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a;b"}, "name"),
        ({"name": ""}, "name"),
        ({"domain": "other.example"}, "domain"),
        ({"domain": "ogin.example.com"}, "domain"),
        ({"domain": "sub.login.example.com"}, "domain"),
        ({"domain": ".example.com"}, "domain"),
        ({"domain": "com"}, "domain"),
        ({"domain": "Example.com"}, "domain"),
        ({"domain": "https://example.com"}, "domain"),
        ({"same_site": "Lax"}, "same_site"),
        ({"retention": "forever"}, "retention"),
    ],
)
def test_cookie_that_browsers_would_drop_is_refused(keys: Mapping[str, Any], key: str) -> None:
    found = refused({f"{COOKIE}.{name}": value for name, value in keys.items()}, base=PRODUCTION)

    assert list(found) == [f"{COOKIE}.{key}"]


@pytest.mark.parametrize("domain", ["example.com", "login.example.com"])
def test_cookie_may_cover_our_host_and_its_siblings(domain: str) -> None:
    assert loaded({f"{COOKIE}.domain": domain}, base=PRODUCTION).config.session.cookie.domain == domain


def test_cookie_for_a_public_suffix_is_refused() -> None:
    keys = {f"{COOKIE}.domain": "vercel.app", "service.public_url": "https://mine.vercel.app"}

    assert "public suffix" in refused(keys, base=PRODUCTION)[f"{COOKIE}.domain"]


def test_cookie_with_a_prefix_cannot_work_over_http() -> None:
    assert "https only" in refused({f"{COOKIE}.name": "__Host-hanko"})[f"{COOKIE}.name"]
    assert refused({f"{COOKIE}.name": "__Host-hanko"}, base=PRODUCTION) == {}


@pytest.mark.parametrize("key", ["error_redirect_url", "default_redirect_url"])
@pytest.mark.parametrize(
    "url", ["/page", "ftp://a.example", "https://user:x@a.example/", "javascript:alert(1)", "https://a b"]
)
def test_pages_that_browsers_are_sent_to_are_web_urls(key: str, url: str) -> None:
    assert list(refused({f"third_party.{key}": url})) == [f"third_party.{key}"]


def test_error_page_is_not_our_own_sign_in() -> None:
    url = "http://localhost:8000/thirdparty/auth?provider=microsoft"

    assert "round in circles" in refused({"third_party.error_redirect_url": url})["third_party.error_redirect_url"]


@pytest.mark.parametrize(
    "pattern", ["", "app.example.com/**", "/**", "https://a.example/ **", "https://a\\b", "https://a\n"]
)
def test_pattern_that_can_be_none_is_refused(pattern: str) -> None:
    key = "third_party.allowed_redirect_urls"

    assert list(refused({key: ["https://fine.example.com/**", pattern]})) == [f"{key}[1]"]


@pytest.mark.parametrize("pattern", ["**", "https://*.example.com/**", "com.example.app://callback"])
def test_what_a_pattern_admits_is_left_to_the_allowlist(pattern: str) -> None:
    assert refused({"third_party.allowed_redirect_urls": [pattern]}) == {}


def test_session_limits_are_sensible() -> None:
    assert list(refused({"session.limit": 0})) == ["session.limit"]
    assert list(refused({"session.idle_timeout": "13h"})) == ["session.idle_timeout"]
    assert loaded({"session.idle_timeout": "12h"}).config.session.idle_timeout == 43200


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_algorithms_that_there_are(algorithm: str) -> None:
    assert loaded({"session.jwt.algorithm": algorithm}).config.session.jwt.algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "rs256"])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    assert list(refused({"session.jwt.algorithm": algorithm})) == ["session.jwt.algorithm"]
