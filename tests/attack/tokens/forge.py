"""What an attacker can make: tokens with any header, payload and signature, key sets with any member.

Nothing here uses the broker's own signing, so that a mistake in it cannot hide behind itself.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from broker.protocol.id_token import Expectations
from broker.protocol.jwks import KeySet, read_keys

NOW = 1_790_000_000
ISSUER = "https://login.provider.example/tenant/v2.0"
CLIENT_ID = "c11e0000-0000-4000-8000-00000000000c"
NONCE = "n" * 43
ACCESS_TOKEN = "an-opaque-access-token"
LIFETIME = 26 * 3600
KID, EC_KID, ED_KID, PINNED_KID = "provider-rsa", "provider-ec", "provider-ed25519", "provider-rs512-only"

Signer = Callable[[bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class TokenAttack:
    """One hostile ID token, the story behind it, and the refusal expected by name."""

    name: str
    story: str
    make: Callable[[], str]
    check: str
    code: str = "invalid_response"
    algorithm: str | tuple[str, ...] = "RS256"
    expect: Mapping[str, Any] = field(default_factory=dict)


@cache
def provider_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@cache
def stranger_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def rsa_jwk(key: rsa.RSAPrivateKey | None = None, **changes: Any) -> dict[str, Any]:
    """A public RSA key as a provider publishes it; a change to `...` leaves the member out."""
    numbers = (key or provider_key()).public_key().public_numbers()
    members = {"kty": "RSA", "use": "sig", "kid": KID, "n": number(numbers.n), "e": number(numbers.e)} | changes
    return {name: value for name, value in members.items() if value is not ...}


def ec_jwk(**changes: Any) -> dict[str, Any]:
    numbers = ec_key().public_key().public_numbers()
    x, y = (b64(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "use": "sig", "kid": EC_KID, "x": x, "y": y} | changes


def ed_jwk(**changes: Any) -> dict[str, Any]:
    x = b64(ed_key().public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": ED_KID, "x": x} | changes


def key_set(*keys: Mapping[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


@cache
def provider_keys() -> KeySet:
    return read_keys(key_set(rsa_jwk(), ec_jwk(), ed_jwk(), rsa_jwk(kid=PINNED_KID, alg="RS512")))


def expectations(**changes: Any) -> Expectations:
    wanted: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "nonce": NONCE,
        "now": NOW,
        "max_lifetime": LIFETIME,
        "access_token": ACCESS_TOKEN,
    }
    return Expectations(**(wanted | changes))


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of an honest ID token, changed; a change to `...` leaves the claim out."""
    honest = {
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "sub": "AAAAAAAAAAAAAAAAAAAAAGbmXDtSgW",
        "iat": NOW - 300,
        "nbf": NOW - 300,
        "exp": NOW + 3_600,
        "nonce": NONCE,
        "name": "Alice Example",
    } | changes
    return {name: value for name, value in honest.items() if value is not ...}


def header(**changes: Any) -> dict[str, Any]:
    honest = {"typ": "JWT", "alg": "RS256", "kid": KID} | changes
    return {name: value for name, value in honest.items() if value is not ...}


def rs256(signed: bytes) -> bytes:
    return provider_key().sign(signed, padding.PKCS1v15(), SHA256())


def rs512(signed: bytes) -> bytes:
    return provider_key().sign(signed, padding.PKCS1v15(), SHA512())


def ps256(signed: bytes) -> bytes:
    return provider_key().sign(signed, padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32), SHA256())


def stranger(signed: bytes) -> bytes:
    return stranger_key().sign(signed, padding.PKCS1v15(), SHA256())


def es256(signed: bytes) -> bytes:
    r, s = decode_dss_signature(es256_der(signed))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def es256_der(signed: bytes) -> bytes:
    return ec_key().sign(signed, ec.ECDSA(SHA256()))


def eddsa(signed: bytes) -> bytes:
    return ed_key().sign(signed)


def hs256(secret: bytes) -> Signer:
    return lambda signed: hmac.digest(secret, signed, "sha256")


def raw(text: str) -> bytes:
    """A document spelled out, for what `json.dumps` would never write."""
    return text.encode("utf-8", "surrogatepass")


def token(head: Mapping[str, Any] | bytes, body: Mapping[str, Any] | bytes, signer: Signer = rs256) -> str:
    """Sign whatever it is: most attackers of a multi-tenant provider can get their bytes properly signed."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, body)]
    signed = ".".join(b64(part) for part in parts)
    return f"{signed}.{b64(signer(signed.encode()))}"


def with_claims(**changes: Any) -> Callable[[], str]:
    return lambda: token(header(), claims(**changes))


def with_header(signer: Signer = rs256, **changes: Any) -> Callable[[], str]:
    return lambda: token(header(**changes), claims(), signer)
