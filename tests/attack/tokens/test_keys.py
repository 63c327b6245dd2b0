"""Hostile key sets: a key that must not speak is left out, a document that is none is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from broker.errors import UpstreamUnavailable
from broker.protocol.jwks import read_keys
from tests.attack.tokens.forge import b64, ec_jwk, ed_jwk, key_set, number, raw, rsa_jwk, stranger_key


@dataclass(frozen=True, kw_only=True)
class KeyAttack:
    """One entry that must not become a key, beside an honest one that must."""

    name: str
    story: str
    make: Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class SetAttack:
    """One document that is no key set; `says` is part of the reason given."""

    name: str
    story: str
    make: Callable[[], bytes]
    says: str


@cache
def _short_key() -> rsa.RSAPrivateKey:
    # Short on purpose: it must be refused.
    return rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505


def _entry(**changes: Any) -> Callable[[], Any]:
    return lambda: rsa_jwk(stranger_key(), **({"kid": "hostile"} | changes))


def _curve(**changes: Any) -> Callable[[], Any]:
    return lambda: ec_jwk(**({"kid": "hostile"} | changes))


def _modulus_of_bits(bits: int) -> str:
    return number((1 << (bits - 1)) | 1)


LEFT_OUT = [
    KeyAttack(name="short", story="1,024 bits can be factored", make=lambda: rsa_jwk(_short_key(), kid="hostile")),
    KeyAttack(name="exponent_one", story="every message is its own signature", make=_entry(e=number(1))),
    KeyAttack(name="exponent_even", story="no RSA key at all", make=_entry(e=number(2))),
    KeyAttack(name="exponent_zero", story="the signature of everything is one", make=_entry(e=number(0))),
    KeyAttack(name="exponent_giant", story="checking takes as long as signing", make=_entry(e="AQ" * 170)),
    KeyAttack(name="modulus_giant", story="checking takes seconds", make=_entry(n=_modulus_of_bits(16_384))),
    KeyAttack(name="modulus_even", story="no RSA key at all", make=_entry(n=number(1 << 2_100))),
    KeyAttack(name="modulus_missing", story="half a key", make=_entry(n=...)),
    KeyAttack(name="modulus_number", story="not base64url", make=_entry(n=65_537)),
    KeyAttack(
        name="modulus_padded", story="not base64url", make=lambda: rsa_jwk(kid="hostile", n=rsa_jwk()["n"] + "==")
    ),
    KeyAttack(
        name="shared_secret",
        story="a symmetric key in a public document: everybody could sign",
        make=lambda: {"kty": "oct", "kid": "hostile", "k": b64(b"s" * 32), "alg": "HS256"},
    ),
    KeyAttack(name="private_half", story="its private half is published: everybody can sign", make=_entry(d=number(3))),
    KeyAttack(name="for_encryption", story="another purpose", make=_entry(use="enc")),
    KeyAttack(name="use_null", story="no purpose", make=_entry(use=None)),
    KeyAttack(name="for_signing_only", story="key_ops without verify", make=_entry(key_ops=["sign"])),
    KeyAttack(name="key_ops_text", story="'verify' in 'verifyNot'", make=_entry(key_ops="verifyNot")),
    KeyAttack(name="for_hmac", story="an RSA key declared a shared secret", make=_entry(alg="HS256")),
    KeyAttack(name="for_none", story="a key for unsigned tokens", make=_entry(alg="none")),
    KeyAttack(name="for_another_type", story="an RSA key for ES256", make=_entry(alg="ES256")),
    KeyAttack(name="alg_list", story="not a name", make=_entry(alg=["RS256"])),
    KeyAttack(name="without_kid", story="it would be tried for every token", make=_entry(kid=...)),
    KeyAttack(name="kid_empty", story="equal to a missing one", make=_entry(kid="")),
    KeyAttack(name="kid_number", story="not a name", make=_entry(kid=1)),
    KeyAttack(name="kid_long", story="a name of kilobytes", make=_entry(kid="k" * 129)),
    KeyAttack(
        name="issuer_list", story="Microsoft's per-key issuer decides for whom it speaks", make=_entry(issuer=["x"])
    ),
    KeyAttack(name="cloud_number", story="the same for the cloud", make=_entry(cloud_instance_name=1)),
    KeyAttack(name="type_missing", story="guessed from its members", make=_entry(kty=...)),
    KeyAttack(name="type_in_other_case", story="names are case-sensitive", make=_entry(kty="rsa")),
    KeyAttack(
        name="certificate_only",
        story="the key inside x5c is not the key that the document names",
        make=lambda: {"kty": "RSA", "kid": "hostile", "use": "sig", "x5c": ["MIIB"]},
    ),
    KeyAttack(name="point_off_the_curve", story="invalid-curve attack", make=_curve(y=b64(b"\1" * 32))),
    KeyAttack(name="point_at_zero", story="no public key", make=_curve(x=b64(bytes(32)), y=b64(bytes(32)))),
    KeyAttack(name="coordinate_short", story="two spellings of one point", make=_curve(x=b64(b"\1" * 31))),
    KeyAttack(name="other_curve", story="P-384 under our algorithm", make=_curve(crv="P-384")),
    KeyAttack(name="curve_missing", story="guessed from the length", make=_curve(crv=None)),
    KeyAttack(name="edwards_short", story="31 octets", make=lambda: ed_jwk(kid="hostile", x=b64(bytes(31)))),
    KeyAttack(name="edwards_other", story="Ed448", make=lambda: ed_jwk(kid="hostile", crv="Ed448", x=b64(bytes(57)))),
    KeyAttack(name="not_an_object", story="an entry that is text", make=lambda: "hostile"),
    KeyAttack(name="null", story="an entry that is nothing", make=lambda: None),
]

REFUSED = [
    SetAttack(
        name="empty", story="an emptied set would end every sign-in", make=lambda: key_set(), says="no usable key"
    ),
    SetAttack(
        name="only_bad", story="the same, less openly", make=lambda: key_set({"kty": "oct"}), says="no usable key"
    ),
    SetAttack(name="nothing", story="a body of no octets", make=lambda: b"", says="not JSON"),
    SetAttack(
        name="page", story="a page of some proxy", make=lambda: b"<html>sign in to the network</html>", says="not JSON"
    ),
    SetAttack(name="list", story="the keys without their object", make=lambda: b"[]", says="not a JSON object"),
    SetAttack(name="keys_object", story="keys by name", make=lambda: b'{"keys": {"a": {}}}', says="no list"),
    SetAttack(name="no_keys", story="an error document", make=lambda: b'{"error": "x"}', says="no list"),
    SetAttack(
        name="keys_twice",
        story="a cache in between adds a second list",
        make=lambda: raw(f'{{"keys": [], "keys": [{json.dumps(rsa_jwk())}]}}'),
        says="repeated",
    ),
    SetAttack(
        name="member_twice",
        story="two kids in one key",
        make=lambda: raw(key_set(rsa_jwk()).decode().replace('"kid":', '"kid": "x", "kid":')),
        says="repeated",
    ),
    SetAttack(
        name="large", story="fills memory", make=lambda: key_set(rsa_jwk(x5c=["A" * 1_048_576])), says="too large"
    ),
    SetAttack(name="many", story="parsing keys is what costs", make=lambda: key_set(*[{}] * 1_001), says="too many"),
    SetAttack(name="deep", story="exhausts the stack", make=lambda: b'{"keys":' + b"[" * 100_000, says="deep"),
    SetAttack(name="not_utf8", story="octets that become others", make=lambda: b'{"keys": "\xff"}', says="not UTF-8"),
]


@pytest.mark.parametrize("attack", LEFT_OUT, ids=lambda attack: attack.name)
def test_hostile_key_is_left_out_and_spoils_nothing(attack: KeyAttack) -> None:
    keys = read_keys(key_set(attack.make(), rsa_jwk(kid="honest")))
    assert keys.find("hostile") is None
    assert keys.find("honest") is not None
    assert len(keys) == 1


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.name)
def test_hostile_key_set_is_refused(attack: SetAttack) -> None:
    with pytest.raises(UpstreamUnavailable, match=attack.says) as refusal:
        read_keys(attack.make())
    assert len(refusal.value.detail) <= 200


def test_two_keys_of_one_name_silence_each_other() -> None:
    keys = read_keys(key_set(rsa_jwk(), rsa_jwk(stranger_key()), rsa_jwk(kid="honest")))
    assert keys.find("provider-rsa") is None
    assert len(keys) == 1


def test_one_key_for_two_issuers_silences_itself() -> None:
    """The same numbers, but for another issuer: whom it may speak for is not known any more."""
    keys = read_keys(key_set(rsa_jwk(issuer="https://a.example"), rsa_jwk(issuer="https://b.example"), ec_jwk()))
    assert keys.find("provider-rsa") is None


def test_a_key_that_is_merely_listed_twice_still_speaks() -> None:
    assert read_keys(key_set(rsa_jwk(), rsa_jwk())).find("provider-rsa") is not None
