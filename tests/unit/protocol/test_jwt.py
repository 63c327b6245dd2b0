"""Signatures: made, checked, and bound to what the caller chose."""

import json
import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import TokenInvalid
from broker.protocol import jwks, jwt
from tests.attack.tokens import forge
from tests.attack.tokens.forge import b64, ec_key, ed_key, provider_key

KEYS: list[tuple[str, jwt.PrivateKey]] = [
    ("RS256", provider_key()),
    ("RS384", provider_key()),
    ("RS512", provider_key()),
    ("PS256", provider_key()),
    ("ES256", ec_key()),
    ("EdDSA", ed_key()),
]
# RFC 8037 appendix A.4, with the key of A.2: signed text that is no JSON.
ED25519_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
ED25519_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6d"
    "WbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def signed(algorithm: str, key: jwt.PrivateKey) -> str:
    return jwt.sign({"sub": "alice", "note": "é"}, private_key=key, kid="k1", algorithm=algorithm)


@pytest.mark.parametrize(("algorithm", "key"), KEYS, ids=lambda value: str(value)[:5])
def test_what_we_sign_we_verify(algorithm: str, key: jwt.PrivateKey) -> None:
    token = signed(algorithm, key)
    header = jwt.read_header(token)
    assert (header.alg, header.kid, header.typ) == (algorithm, "k1", "JWT")
    assert jwt.verified_payload(token, key=key.public_key(), algorithm=algorithm) == {"sub": "alice", "note": "é"}


def test_no_two_algorithms_stand_in_for_each_other() -> None:
    for algorithm, key in KEYS:
        token = signed(algorithm, key)
        for other, other_key in KEYS:
            if other != algorithm:
                with pytest.raises(TokenInvalid) as refusal:
                    jwt.verified_payload(token, key=other_key.public_key(), algorithm=other)
                assert refusal.value.check == "alg"


def test_key_of_another_kind_is_refused_whatever_the_header_says() -> None:
    token = signed("RS256", provider_key())
    for key in (ec_key().public_key(), ed_key().public_key()):
        with pytest.raises(TokenInvalid) as refusal:
            jwt.verified_payload(token, key=key, algorithm="RS256")
        assert refusal.value.check == "alg"


def test_key_on_another_curve_neither_signs_nor_verifies() -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(ValueError, match="cannot sign"):
        signed("ES256", other)
    with pytest.raises(TokenInvalid) as refusal:
        jwt.verified_payload(signed("ES256", ec_key()), key=other.public_key(), algorithm="ES256")
    assert refusal.value.check == "alg"


def test_signing_refuses_a_key_of_another_kind_and_unknown_algorithms() -> None:
    for algorithm in ("ES256", "HS256", "none", ""):
        with pytest.raises(ValueError, match="cannot sign"):
            signed(algorithm, provider_key())


def test_signing_refuses_what_json_does_not_have() -> None:
    with pytest.raises(ValueError, match="JSON"):
        jwt.sign({"exp": float("nan")}, private_key=provider_key(), kid="k", algorithm="RS256")


def test_signature_of_rfc_8037_holds_although_its_payload_is_no_json() -> None:
    key = jwks.read_keys(
        json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": ED25519_X}]}).encode()
    ).find("k")
    assert key is not None
    with pytest.raises(TokenInvalid) as refusal:
        jwt.verified_payload(ED25519_TOKEN, key=key.public_key, algorithm="EdDSA")
    assert refusal.value.check == "malformed"


def test_type_can_be_chosen() -> None:
    token = jwt.sign({}, private_key=ed_key(), kid="k", algorithm="EdDSA", typ="ticket+jwt")
    assert jwt.read_header(token).typ == "ticket+jwt"


def test_parts_are_measured_as_received() -> None:
    token = forge.token(forge.header(), forge.claims(pad="x" * 1_000))
    payload_length = len(token.split(".")[1])
    assert jwt.read_header(token, max_part_bytes=payload_length).alg == "RS256"
    with pytest.raises(TokenInvalid):
        jwt.read_header(token, max_part_bytes=payload_length - 1)


def test_a_refused_header_stays_refused_when_it_comes_again() -> None:
    token = forge.token(forge.header(crit=["x"]), forge.claims())
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            jwt.read_header(token)


def test_header_members_cannot_be_changed() -> None:
    header = jwt.read_header(signed("EdDSA", ed_key()))
    with pytest.raises(TypeError):
        header.members["alg"] = "none"  # type: ignore[index]  # that is the point


def test_nothing_of_it_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for algorithm, key in KEYS:
            jwt.verified_payload(signed(algorithm, key), key=key.public_key(), algorithm=algorithm)


@given(st.data())
def test_no_changed_character_goes_unnoticed(data: st.DataObject) -> None:
    token = signed("RS256", provider_key())
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCDwxyz0189-_.=+/ \n\0é").filter(lambda char: char != token[at]))
    with pytest.raises(TokenInvalid):
        jwt.verified_payload(token[:at] + other + token[at + 1 :], key=provider_key().public_key(), algorithm="RS256")


@given(
    st.text(st.characters())
    | st.lists(st.binary(max_size=60), min_size=3, max_size=3).map(lambda parts: ".".join(map(b64, parts)))
)
def test_no_text_raises_anything_else(text: str) -> None:
    for read in (
        lambda: jwt.read_header(text),
        lambda: jwt.verified_payload(text, key=provider_key().public_key(), algorithm="RS256"),
    ):
        with pytest.raises(TokenInvalid):
            read()
