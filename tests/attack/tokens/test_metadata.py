"""Hostile metadata: whoever chooses an endpoint receives the codes, the client secret or the browser."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from broker.errors import UpstreamUnavailable
from broker.protocol.discovery import read_metadata

ISSUER = "https://login.provider.example/{tenantid}/v2.0"
ORIGINS = frozenset({"https://login.provider.example", "https://graph.provider.example"})
HONEST = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.provider.example/common/oauth2/v2.0/authorize",
    "token_endpoint": "https://login.provider.example/common/oauth2/v2.0/token",
    "jwks_uri": "https://login.provider.example/common/discovery/v2.0/keys",
    "userinfo_endpoint": "https://graph.provider.example/oidc/userinfo",
}


@dataclass(frozen=True, kw_only=True)
class MetadataAttack:
    """One document that must be refused; `says` is part of the reason given."""

    name: str
    story: str
    make: Callable[[], bytes]
    says: str


def _document(**changes: Any) -> bytes:
    members = HONEST | changes
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


def _token_endpoint(name: str, url: object, story: str) -> MetadataAttack:
    return MetadataAttack(name=name, story=story, make=lambda: _document(token_endpoint=url), says="token_endpoint")


HOST = "login.provider.example"

ENDPOINTS = [
    _token_endpoint("missing", ..., "a guess would be made from the issuer"),
    _token_endpoint("plain_http", f"http://{HOST}/token", "the secret travels in the open"),
    _token_endpoint("foreign_host", "https://attacker.example/token", "the secret and every code go elsewhere"),
    _token_endpoint("host_as_beginning", f"https://{HOST}.attacker.example/token", "startswith lets it through"),
    _token_endpoint("host_as_end", f"https://attacker-{HOST}/token", "endswith lets it through"),
    _token_endpoint("host_as_user", f"https://{HOST}@attacker.example/token", "what stands before @ is no host"),
    _token_endpoint("host_as_user_and_port", f"https://{HOST}:443@attacker.example/token", "the same, in disguise"),
    _token_endpoint("backslash", f"https://attacker.example\\@{HOST}/token", "a slash to browsers, not to others"),
    _token_endpoint("fragment", f"https://attacker.example#@{HOST}/token", "the host ends at #"),
    _token_endpoint("encoded_host", "https://login.provider%2eexample/token", "decoded by some"),
    _token_endpoint("other_port", f"https://{HOST}:8443/token", "another service on the same host"),
    _token_endpoint("port_zero", f"https://{HOST}:0/token", "no port"),
    _token_endpoint("port_too_large", f"https://{HOST}:65979/token", "wraps around to 443"),
    _token_endpoint(
        "port_in_other_digits", f"https://{HOST}:\u0664\u0664\u0663/token", "digits to int(), not to a URL"
    ),
    _token_endpoint("trailing_dot", f"https://{HOST}./token", "the same host by another name"),
    _token_endpoint("homograph", "https://login.provider.ex\u0430mple/token", "a Cyrillic letter"),
    _token_endpoint("folded_letter", "https://login.provider.example/to\u212aen", "case folding reaches beyond ASCII"),
    _token_endpoint("white_space", f" https://{HOST}/token", "trimmed by some"),
    _token_endpoint("line_feed", f"https://{HOST}/token\r\nHost: attacker.example", "writes headers of its own"),
    _token_endpoint("tab_in_the_host", "https://login.provider\t.example/token", "removed by browsers"),
    _token_endpoint("relative", "/token", "relative to whom?"),
    _token_endpoint("scheme_relative", f"//{HOST}/token", "the scheme of whom?"),
    _token_endpoint("other_scheme", f"ftp://{HOST}/token", "not ours to speak"),
    _token_endpoint("script", "javascript:alert(1)", "runs in the browser that is sent there"),
    _token_endpoint("file", "file:///etc/passwd", "reads what lies here"),
    _token_endpoint("no_host", "https:///token", "an empty host"),
    _token_endpoint("several", [f"https://{HOST}/token"], "not a URL"),
    _token_endpoint("number", 1, "not a URL"),
    _token_endpoint("kilobytes", f"https://{HOST}/" + "t" * 2_048, "kilobytes in every redirect"),
    _token_endpoint("loopback", "http://127.0.0.1:8400/token", "a service of this machine"),
    _token_endpoint("metadata_service", "http://169.254.169.254/token", "the cloud's own credentials"),
]

DOCUMENTS = [
    MetadataAttack(
        name="other_issuer",
        story="metadata of another provider (Discovery 4.3): its tokens would count as this one's",
        make=lambda: _document(issuer="https://attacker.example"),
        says="the issuer is",
    ),
    MetadataAttack(
        name="issuer_with_slash",
        story="compared as text",
        make=lambda: _document(issuer=ISSUER + "/"),
        says="the issuer is",
    ),
    MetadataAttack(
        name="issuer_filled_in",
        story="a tenant's document where the placeholder is due: everybody else would be refused, that tenant trusted",
        make=lambda: _document(issuer=ISSUER.replace("{tenantid}", "attacker")),
        says="the issuer is",
    ),
    MetadataAttack(name="issuer_missing", story="anybody's", make=lambda: _document(issuer=...), says="no issuer"),
    MetadataAttack(name="issuer_list", story="several", make=lambda: _document(issuer=[ISSUER]), says="no issuer"),
    MetadataAttack(
        name="issuer_forges_a_log_line",
        story="a line feed and a colour in what is logged",
        make=lambda: _document(issuer="x\n\x1b[31mlevel=info all is well" + "y" * 1_000),
        says="the issuer is",
    ),
    MetadataAttack(
        name="keys_elsewhere",
        story="the attacker's keys sign for the provider",
        make=lambda: _document(jwks_uri="https://attacker.example/keys"),
        says="jwks_uri",
    ),
    MetadataAttack(
        name="browser_elsewhere",
        story="people type their password into the attacker's page",
        make=lambda: _document(authorization_endpoint="https://attacker.example/authorize"),
        says="authorization_endpoint",
    ),
    MetadataAttack(
        name="endpoint_twice",
        story="the first is checked, the second is used",
        make=lambda: _document().replace(
            b'"token_endpoint"', b'"token_endpoint": "https://attacker.example", "token_endpoint"'
        ),
        says="repeated",
    ),
    MetadataAttack(name="page", story="a captive portal answers", make=lambda: b"<html></html>", says="not JSON"),
    MetadataAttack(name="list", story="not a document", make=lambda: b"[]", says="not a JSON object"),
    MetadataAttack(name="large", story="fills memory", make=lambda: _document(x="y" * 1_048_576), says="too large"),
    MetadataAttack(name="deep", story="exhausts the stack", make=lambda: b'{"a":' * 50_000, says="deep"),
]

CORPUS = [*ENDPOINTS, *DOCUMENTS]


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_hostile_metadata_is_refused(attack: MetadataAttack) -> None:
    with pytest.raises(UpstreamUnavailable, match=attack.says) as refusal:
        read_metadata(attack.make(), expected_issuer=ISSUER, allowed_origins=ORIGINS)
    assert len(refusal.value.detail) <= 200
    assert refusal.value.detail.isprintable()


@pytest.mark.parametrize(
    "attack", [attack for attack in ENDPOINTS if "loopback" not in attack.name], ids=lambda a: a.name
)
def test_what_development_admits_is_loopback_alone(attack: MetadataAttack) -> None:
    with pytest.raises(UpstreamUnavailable):
        read_metadata(attack.make(), expected_issuer=ISSUER, allowed_origins=ORIGINS, insecure_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.attacker.example/token",
        "http://127.0.0.1.attacker.example/token",
        "http://127.1/token",
        "http://2130706433/token",
        "http://0.0.0.0/token",
        "http://localhost@attacker.example/token",
        "http://[::ffff:127.0.0.1]/token",
        "http://provider.example:80/token",
    ],
)
def test_what_only_resembles_loopback_is_refused(url: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        read_metadata(
            _document(token_endpoint=url), expected_issuer=ISSUER, allowed_origins=None, insecure_loopback=True
        )


def test_optional_endpoint_elsewhere_is_as_if_it_were_not_there() -> None:
    metadata = read_metadata(
        _document(userinfo_endpoint="https://attacker.example/userinfo", end_session_endpoint="javascript:alert(1)"),
        expected_issuer=ISSUER,
        allowed_origins=ORIGINS,
    )
    assert metadata.userinfo_endpoint is None
    assert metadata.end_session_endpoint is None


def test_corpus_tells_its_stories() -> None:
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert all(attack.story for attack in CORPUS)
