"""Key sets: others' read, ours written."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import UpstreamUnavailable
from broker.protocol.jwks import KeySet, public_jwk, read_keys, thumbprint
from tests.attack.tokens.forge import ec_jwk, ec_key, ed_jwk, ed_key, key_set, provider_key, rsa_jwk

# RFC 7638 section 3.1 and RFC 8037 appendix A.3.
RSA_MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
    "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
    "nqDKgw"
)
ED25519_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def only(*entries: dict[str, Any]) -> KeySet:
    return read_keys(key_set(*entries))


def test_all_three_kinds_are_read() -> None:
    keys = only(rsa_jwk(), ec_jwk(), ed_jwk())
    assert len(keys) == 3
    found = [keys.find(kid) for kid in ("provider-rsa", "provider-ec", "provider-ed25519")]
    assert [key.public_key for key in found if key] == [
        provider_key().public_key(),
        ec_key().public_key(),
        ed_key().public_key(),
    ]
    assert [key.kty for key in found if key] == ["RSA", "EC", "OKP"]


def test_key_as_microsoft_publishes_it() -> None:
    key = only(
        rsa_jwk(
            x5t="provider-rsa",
            x5c=["MIIC"],
            cloud_instance_name="microsoftonline.com",
            issuer="https://login.microsoftonline.com/{tenantid}/v2.0",
        )
    ).find("provider-rsa")
    assert key is not None
    assert key.alg is None
    assert key.cloud_instance_name == "microsoftonline.com"
    assert key.issuer == "https://login.microsoftonline.com/{tenantid}/v2.0"


@pytest.mark.parametrize(
    "changes", [{"use": ...}, {"alg": "RS256"}, {"alg": "PS256"}, {"key_ops": ["verify"]}], ids=str
)
def test_members_that_a_key_may_have_or_not(changes: dict[str, Any]) -> None:
    key = only(rsa_jwk(**changes)).find("provider-rsa")
    assert key is not None
    assert key.alg == changes.get("alg")


def test_thumbprints_are_those_of_the_rfcs() -> None:
    keys = only(
        {"kty": "RSA", "kid": "2011-04-29", "alg": "RS256", "n": RSA_MODULUS, "e": "AQAB"},
        {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": ED25519_X},
    )
    rsa, ed = keys.find("2011-04-29"), keys.find("ed")
    assert rsa is not None
    assert ed is not None
    assert thumbprint(rsa.public_key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert thumbprint(ed.public_key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS256", provider_key()), ("ES256", ec_key()), ("EdDSA", ed_key())], ids=["rsa", "ec", "ed"]
)
def test_what_we_publish_is_read_back(algorithm: str, key: Any) -> None:
    public = key.public_key()
    jwk = public_jwk(public, kid=thumbprint(public), algorithm=algorithm)
    found = only(jwk).find(thumbprint(public))
    assert found is not None
    assert found.public_key == public
    assert (jwk["use"], jwk["alg"]) == ("sig", algorithm)
    assert {"d", "p", "q"}.isdisjoint(jwk)


def test_a_key_is_not_published_for_an_algorithm_of_another_kind() -> None:
    with pytest.raises(ValueError, match="does not check"):
        public_jwk(ec_key().public_key(), kid="k", algorithm="RS256")


def test_a_key_set_prints_no_more_than_its_size() -> None:
    assert repr(only(rsa_jwk(), ec_jwk())) == "KeySet(2 keys)"


def test_a_third_key_of_one_name_does_not_bring_it_back() -> None:
    key = only(rsa_jwk()).find("provider-rsa")
    assert key is not None
    assert KeySet([key, replace(key, issuer="other"), key]).find(key.kid) is None


MEMBERS = st.sampled_from(["kty", "kid", "n", "e", "use", "alg", "crv", "x", "y", "issuer", "d", "key_ops"])
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-100, 2**60)
    | st.text()
    | st.sampled_from(["RSA", "EC", "OKP", "sig", "P-256", "Ed25519", "AQAB"])
    | st.lists(st.text(), max_size=2)
)


@given(
    st.binary()
    | st.lists(st.dictionaries(MEMBERS, VALUES) | VALUES, max_size=3).map(
        lambda keys: json.dumps({"keys": keys}).encode()
    )
)
def test_no_document_raises_anything_else(document: bytes) -> None:
    with contextlib.suppress(UpstreamUnavailable):
        assert len(read_keys(document)) > 0


@given(st.dictionaries(MEMBERS, VALUES))
def test_no_changed_member_raises_anything_else(changes: dict[str, Any]) -> None:
    keys = read_keys(key_set(rsa_jwk() | changes, ec_jwk(kid="honest")))
    assert keys.find("honest") is not None or changes.get("kid") == "honest"
