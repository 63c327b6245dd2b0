"""The chain, step by step, on claims whose signature held; through the wire in tests/providers."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from broker.errors import TokenInvalid
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.id_token import VerifiedClaims
from broker.protocol.jwks import VerificationKey
from broker.providers.microsoft.clouds import MSA_TENANT
from broker.providers.microsoft.token import CHAIN, Expected, check_token
from tests.peers.oidc import rsa_key

BASE = "https://login.microsoftonline.com"
ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
CLIENT = "c11e0000-0000-4000-8000-0000000000ff"
NOW = 1_790_000_000
PLACEHOLDER = f"{BASE}/{{tenantid}}/v2.0"
PERSONAL = f"{BASE}/{MSA_TENANT}/v2.0"
GOOD: dict[str, Any] = {
    "ver": "2.0",
    "iss": f"{BASE}/{ALDER}/v2.0",
    "aud": CLIENT,
    "tid": ALDER,
    "oid": "5eed0000-0000-4000-8000-0000000000a1",
    "sub": "s" * 43,
    "iat": NOW - 300,
    "nbf": NOW - 300,
    "exp": NOW + 3600,
    "nonce": "n" * 43,
}
METADATA = ProviderMetadata(
    issuer=PLACEHOLDER,
    authorization_endpoint=f"{BASE}/common/oauth2/v2.0/authorize",
    token_endpoint=f"{BASE}/common/oauth2/v2.0/token",
    jwks_uri=f"{BASE}/common/discovery/v2.0/keys",
    cloud_instance_name="microsoftonline.com",
)
EXPECTED = Expected(
    metadata=METADATA,
    tenant="common",
    cloud_instance_name="microsoftonline.com",
    client_id=CLIENT,
    nonce="n" * 43,
    now=NOW,
    max_age=None,
    access_token=None,
)


def public_key() -> RSAPublicKey:
    return rsa_key("first").public_key()


def key(issuer: str | None = PLACEHOLDER, cloud: str | None = "microsoftonline.com") -> VerificationKey:
    return VerificationKey(kid="k", public_key=public_key(), kty="RSA", issuer=issuer, cloud_instance_name=cloud)


def refused(
    changes: dict[str, Any] | None = None,
    *,
    without: str | None = None,
    signed_by: VerificationKey | None = None,
    expected: Expected = EXPECTED,
) -> tuple[str, str, str | None] | None:
    members = {name: value for name, value in (GOOD | (changes or {})).items() if name != without}
    claims = VerifiedClaims(claims=MappingProxyType(members), key=signed_by or key(), algorithm="RS256")
    try:
        check_token(claims, expected)
    except TokenInvalid as error:
        return error.check, error.code, error.security
    return None


def test_a_good_token_passes() -> None:
    assert refused() is None


def test_the_order_of_the_chain_is_fixed() -> None:
    assert [check.__name__ for check in CHAIN] == [
        "check_kind", "check_tid", "check_key_issuer", "check_key_cloud", "check_iss", "check_account_class",
        "check_aud", "check_time", "check_the_nonce", "check_sub", "check_oid", "check_max_age", "check_at_hash",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"ver": "1.0"}, {"ver": 2.0}, {"ver": None}, {"scp": "x"}, {"azpacr": "1"}, {"appid": CLIENT}, {"idtyp": "app"}],
)
def test_what_looks_like_an_access_token_is_refused(changes: dict[str, Any]) -> None:
    assert refused(changes) == ("not_id_token", "invalid_response", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"tid": ALDER.upper()},
        {"tid": "common"},
        {"tid": [ALDER]},
        {"tid": None},
        {"tid": f"{ALDER}/../{BIRCH}"},
        {"tid": "{a1de0000-0000-4000-8000-000000000001}"},
        {"tid": ALDER + "\n"},
        {"TID": BIRCH},
        {"Tid": ALDER},
    ],
)
def test_a_tenant_that_is_not_one_guid_is_refused(changes: dict[str, Any]) -> None:
    assert refused(changes) == ("tid", "invalid_response", None)


def test_a_token_without_tenant_is_refused() -> None:
    assert refused(without="tid") == ("tid", "invalid_response", None)


@pytest.mark.parametrize(
    ("changes", "signed_by"),
    [
        ({}, key(issuer=None)),
        ({}, key(issuer=f"{BASE}/{BIRCH}/v2.0")),
        ({}, key(issuer=PERSONAL)),
        ({}, key(issuer=f"{BASE}/{{tenantid}}/v1.0")),
        ({}, key(issuer="")),
        ({"iss": f"{BASE}/{BIRCH}/v2.0"}, key()),
        ({"iss": "https://evil.example/v2.0"}, key()),
        ({"iss": [GOOD["iss"]]}, key()),
        ({"iss": None}, key()),
        ({"tid": MSA_TENANT, "iss": PERSONAL}, key()),
    ],
)
def test_a_key_that_may_not_speak_for_the_issuer_is_refused(
    changes: dict[str, Any], signed_by: VerificationKey
) -> None:
    assert refused(changes, signed_by=signed_by) == ("key_issuer", "invalid_response", "key_issuer")


def test_a_personal_account_signed_by_the_personal_key_passes() -> None:
    assert refused({"tid": MSA_TENANT, "iss": PERSONAL}, signed_by=key(issuer=PERSONAL)) is None


def test_the_class_of_keys_is_a_switch() -> None:
    loose = replace(EXPECTED, strict_key_class=False)
    assert refused({"tid": MSA_TENANT, "iss": PERSONAL}, expected=loose) is None


@pytest.mark.parametrize("cloud", ["microsoftonline.us", None, "", "microsoftonline.com "])
def test_a_key_of_another_cloud_is_refused(cloud: str | None) -> None:
    assert refused(signed_by=key(cloud=cloud)) == ("key_cloud", "invalid_response", "key_cloud")


def test_the_issuer_must_be_that_of_the_discovery_document() -> None:
    elsewhere = replace(METADATA, issuer=f"{BASE}/{BIRCH}/v2.0")
    assert refused(expected=replace(EXPECTED, metadata=elsewhere)) == ("iss", "invalid_response", "iss")


def test_an_issuer_that_names_no_tenant_is_refused_even_if_the_document_says_so() -> None:
    odd = f"{BASE}/v2.0"
    expected = replace(EXPECTED, metadata=replace(METADATA, issuer=odd))
    assert refused({"iss": odd}, signed_by=key(issuer=odd), expected=expected) == ("iss", "invalid_response", "iss")


@pytest.mark.parametrize(
    ("tenant", "personal", "admitted"),
    [
        ("common", False, True),
        ("common", True, True),
        ("organizations", False, True),
        ("organizations", True, False),
        ("consumers", False, False),
        ("consumers", True, True),
        (ALDER, False, True),
        (BIRCH, False, False),
        (ALDER, True, False),
        ("alder.example", False, False),
    ],
)
def test_the_class_of_account_fits_the_configured_tenant(tenant: str, personal: bool, admitted: bool) -> None:
    changes = {"tid": MSA_TENANT, "iss": PERSONAL} if personal else {}
    outcome = refused(
        changes, signed_by=key(issuer=PERSONAL) if personal else None, expected=replace(EXPECTED, tenant=tenant)
    )
    assert outcome == (None if admitted else ("account_class", "wrong_account_type", None))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": []},
        {"aud": [[CLIENT]]},
        {"aud": None},
        {"aud": CLIENT.upper()},
        {"azp": "another"},
    ],
)
def test_a_token_for_somebody_else_is_refused(changes: dict[str, Any]) -> None:
    assert refused(changes) == ("aud", "invalid_response", "aud")


def test_our_client_id_as_the_only_element_and_as_azp_is_ours() -> None:
    assert refused({"aud": [CLIENT], "azp": CLIENT}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 60},
        {"nbf": NOW + 61},
        {"iat": NOW + 61},
        {"exp": NOW - 300 + 26 * 3600 + 1},
        {"exp": str(NOW + 3600)},
        {"exp": float(NOW + 3600)},
        {"exp": True},
        {"exp": 2**53},
        {"iat": 0},
        {"iat": -1},
        {"nbf": "now"},
    ],
)
def test_a_token_for_another_time_is_refused(changes: dict[str, Any]) -> None:
    assert refused(changes) == ("time", "invalid_response", None)


def test_operator_of_a_clock_that_is_off_is_told_where_to_look() -> None:
    claims = VerifiedClaims(claims=MappingProxyType(GOOD | {"iat": NOW + 61}), key=key(), algorithm="RS256")
    with pytest.raises(TokenInvalid) as error:
        check_token(claims, EXPECTED)
    assert "clock" in error.value.remedy


def test_a_minute_of_difference_between_clocks_is_forgiven() -> None:
    assert refused({"exp": NOW - 59}) is None
    assert refused({"iat": NOW + 60, "nbf": NOW + 60}) is None


def test_a_personal_accounts_day_long_token_passes() -> None:
    assert refused({"exp": NOW - 300 + 86_700}) is None


@pytest.mark.parametrize("nonce", ["m" * 43, "", None, ["n" * 43], "n" * 42])
def test_a_token_for_another_sign_in_is_refused(nonce: object) -> None:
    assert refused({"nonce": nonce}) == ("nonce", "invalid_response", "nonce")


@pytest.mark.parametrize("sub", ["", None, 7, "s" * 256, ["s"]])
def test_a_token_without_subject_is_refused(sub: object) -> None:
    assert refused({"sub": sub}) == ("sub", "invalid_response", None)


def test_a_token_without_oid_says_that_the_scope_profile_is_missing() -> None:
    assert refused(without="oid") == ("oid", "provider_misconfigured", None)


@pytest.mark.parametrize("oid", ["", "x", 7, "5eed", ["5eed0000-0000-4000-8000-0000000000a1"]])
def test_an_oid_that_is_no_guid_is_refused(oid: object) -> None:
    assert refused({"oid": oid}) == ("oid", "invalid_response", None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "interaction_required"),
        ({"auth_time": NOW - 361}, "interaction_required"),
        ({"auth_time": NOW + 61}, "invalid_response"),
        ({"auth_time": "now"}, "invalid_response"),
        ({"auth_time": NOW - 300}, None),
    ],
)
def test_a_fresh_authentication_that_was_asked_for_must_have_been_one(
    changes: dict[str, Any], code: str | None
) -> None:
    outcome = refused(changes, expected=replace(EXPECTED, max_age=300))
    assert outcome == (("auth_time", code, None) if code else None)


def test_an_access_token_hash_that_does_not_fit_is_refused() -> None:
    beside = replace(EXPECTED, access_token="opaque")
    assert refused({"at_hash": "AAAA"}, expected=beside) == ("at_hash", "invalid_response", None)
    assert refused(expected=beside) is None
