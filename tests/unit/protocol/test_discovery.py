"""A provider's metadata. What it must not say is in the corpus of attacks."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import UpstreamUnavailable
from broker.protocol.discovery import ProviderMetadata, origin_of, read_metadata

ISSUER = "https://login.microsoftonline.com/{tenantid}/v2.0"
BASE = "https://login.microsoftonline.com/common"
ORIGINS = frozenset({"https://login.microsoftonline.com", "https://graph.microsoft.com"})
MICROSOFT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{BASE}/oauth2/v2.0/authorize",
    "token_endpoint": f"{BASE}/oauth2/v2.0/token",
    "jwks_uri": f"{BASE}/discovery/v2.0/keys",
    "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
    "end_session_endpoint": f"{BASE}/oauth2/v2.0/logout",
    "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "tenant_region_scope": None,
    "cloud_instance_name": "microsoftonline.com",
    "request_uri_parameter_supported": False,
}


def read(changes: dict[str, Any] | None = None, **options: Any) -> ProviderMetadata:
    arguments: dict[str, Any] = {"expected_issuer": ISSUER, "allowed_origins": ORIGINS}
    return read_metadata(json.dumps(MICROSOFT | (changes or {})).encode(), **(arguments | options))


def test_document_as_microsoft_publishes_it() -> None:
    assert read() == ProviderMetadata(
        issuer=ISSUER,
        authorization_endpoint=f"{BASE}/oauth2/v2.0/authorize",
        token_endpoint=f"{BASE}/oauth2/v2.0/token",
        jwks_uri=f"{BASE}/discovery/v2.0/keys",
        userinfo_endpoint="https://graph.microsoft.com/oidc/userinfo",
        end_session_endpoint=f"{BASE}/oauth2/v2.0/logout",
        cloud_instance_name="microsoftonline.com",
        authorization_response_iss_parameter_supported=False,
        token_endpoint_auth_methods=("client_secret_post", "private_key_jwt", "client_secret_basic"),
        signing_algorithms=("RS256",),
    )


def test_smallest_document_of_another_provider() -> None:
    needed = {name: MICROSOFT[name] for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")}
    found = read_metadata(json.dumps(needed).encode(), expected_issuer=ISSUER, allowed_origins=None)
    assert found.userinfo_endpoint is None
    assert found.signing_algorithms == ()


def test_issuer_is_told_where_the_caller_compares_it() -> None:
    assert read({"issuer": "https://login.microsoftonline.com/f8cd/v2.0"}, expected_issuer=None).issuer.endswith(
        "/f8cd/v2.0"
    )


def test_keys_of_one_application_have_a_query() -> None:
    assert read({"jwks_uri": f"{BASE}/keys?appid=1"}).jwks_uri == f"{BASE}/keys?appid=1"


@pytest.mark.parametrize("host", ["localhost:8400", "127.0.0.1:8400", "[::1]:8400", "localhost"])
def test_plain_http_on_loopback_only_where_admitted(host: str) -> None:
    changes = {"token_endpoint": f"http://{host}/token"}
    origins = ORIGINS | {f"http://{host}"}
    assert read(changes, allowed_origins=origins, insecure_loopback=True).token_endpoint == f"http://{host}/token"
    with pytest.raises(UpstreamUnavailable):
        read(changes, allowed_origins=origins)


@pytest.mark.parametrize(
    ("value", "announced"), [(True, True), (False, False), ("true", False), (1, False), (None, False)]
)
def test_issuer_parameter_is_announced_by_true_alone(value: object, announced: bool) -> None:
    found = read({"authorization_response_iss_parameter_supported": value})
    assert found.authorization_response_iss_parameter_supported is announced


@pytest.mark.parametrize("value", [None, "RS256", {"RS256": 1}, [1, None, ""]])
def test_malformed_optional_members_are_as_if_absent(value: object) -> None:
    found = read({"id_token_signing_alg_values_supported": value, "cloud_instance_name": [value]})
    assert found.signing_algorithms == ()
    assert found.cloud_instance_name is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Login.Provider.Example/x", "https://login.provider.example"),
        ("HTTPS://login.provider.example:443/x?y", "https://login.provider.example"),
        ("https://login.provider.example:0443", "https://login.provider.example"),
        ("https://login.provider.example:8443", "https://login.provider.example:8443"),
        ("http://localhost:8400/common", "http://localhost:8400"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://a..example/", None),
        ("https://a.example:99999/", None),
        ("https://user@a.example/", None),
        ("https://a.example/#x", None),
        ("a.example", None),
        (None, None),
    ],
)
def test_origin_has_one_spelling(url: object, origin: str | None) -> None:
    assert origin_of(url) == origin


JSON = st.none() | st.booleans() | st.integers(-5, 5) | st.text() | st.lists(st.text(), max_size=2)


@given(
    st.binary()
    | st.dictionaries(st.sampled_from(sorted(MICROSOFT)), JSON).map(
        lambda changes: json.dumps(MICROSOFT | changes).encode()
    )
)
def test_no_document_raises_anything_else(document: bytes) -> None:
    with contextlib.suppress(UpstreamUnavailable):
        found = read_metadata(document, expected_issuer=ISSUER, allowed_origins=ORIGINS)
        assert origin_of(found.token_endpoint) in ORIGINS


@given(st.text("htps:/.@\\?#%[]0123456789abcdefloginprovidexm"))
def test_no_text_makes_a_strange_origin(text: str) -> None:
    for url in (text, "https://" + text, "https://login.provider.example" + text):
        origin = origin_of(url)
        if origin is not None:
            assert url.lower().startswith(origin.partition("://")[0] + "://")
            assert not set("@\\#%?") & set(origin)
