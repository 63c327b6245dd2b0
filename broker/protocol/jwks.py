"""Keys as JSON (RFC 7517, RFC 7518, RFC 8037): reading a provider's set, writing one of ours, thumbprints (RFC 7638).

A key comes only from an address that configuration or pinned metadata names; `x5c`, `x5u` and `jku` are never looked
at. One bad key does not spoil the set: it is left out. Fetching and caching are for `providers/metadata`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from broker.crypto import base64url
from broker.errors import UpstreamUnavailable
from broker.protocol.jwt import PublicKey, fits_public
from broker.protocol.strict_json import JsonInvalid, parse_object

MAX_BYTES = 1_048_576
MAX_KEYS = 1_000
MAX_KID_CHARACTERS = 128
MIN_RSA_BITS = 2_048
_MAX_RSA_BITS = 8_192  # beyond, and with a giant exponent, checking one signature would cost milliseconds
_MAX_RSA_EXPONENT_BITS = 33
_COORDINATE_BYTES = 32
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class VerificationKey:
    """A provider's public key. `issuer` and `cloud_instance_name` are Microsoft's additions: for whom it may speak."""

    kid: str
    public_key: PublicKey
    kty: str
    alg: str | None = None
    issuer: str | None = None
    cloud_instance_name: str | None = None


class KeySet:
    """The usable keys of one document, by `kid`. Its order means nothing."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self._by_kid: dict[str, VerificationKey] = {}
        ambiguous: set[str] = set()
        for key in keys:
            if self._by_kid.setdefault(key.kid, key) != key:
                ambiguous.add(key.kid)
        # Two different keys under one name: nobody can say which one was meant, so neither speaks.
        for kid in ambiguous:
            del self._by_kid[kid]

    def find(self, kid: str) -> VerificationKey | None:
        """The key of this name, or nothing. There is no search by anything else."""
        return self._by_kid.get(kid)

    def __len__(self) -> int:
        return len(self._by_kid)

    def __repr__(self) -> str:
        return f"KeySet({len(self)} keys)"


def read_keys(unverified_body: bytes) -> KeySet:
    """Read a provider's key set, leaving out what we do not use.

    Kept are signature keys with a `kid`: RSA of 2,048 bits and more, EC P-256, Ed25519. Raises `UpstreamUnavailable`
    for a body that is no key set, too large, or without one usable key: the caller goes on with what it had.
    """
    try:
        document = parse_object(unverified_body, max_bytes=MAX_BYTES)
    except JsonInvalid as error:
        raise UpstreamUnavailable(f"key set: {error}") from None
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise UpstreamUnavailable("key set: no list of keys")
    if len(entries) > MAX_KEYS:
        raise UpstreamUnavailable("key set: too many keys")
    keys = KeySet(key for key in map(_key, entries) if key is not None)
    if not len(keys):
        raise UpstreamUnavailable("key set: no usable key")
    return keys


def thumbprint(public_key: PublicKey) -> str:
    """The RFC 7638 thumbprint, SHA-256, base64url: 43 characters."""
    canonical = json.dumps(_members(public_key), separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(canonical.encode()).digest())


def public_jwk(public_key: PublicKey, *, kid: str, algorithm: str) -> dict[str, str]:
    """A public key of ours as we publish it. Raises `ValueError` if it does not belong to the algorithm."""
    if not fits_public(public_key, algorithm):
        raise ValueError(f"a {type(public_key).__name__} does not check {algorithm}")
    return {"use": "sig", "alg": algorithm, "kid": kid, **_members(public_key)}


def _members(public_key: PublicKey) -> dict[str, str]:
    """The required members of the key's type (RFC 7638 section 3.2)."""
    if isinstance(public_key, RSAPublicKey):
        rsa = public_key.public_numbers()
        return {"kty": "RSA", "n": _number(rsa.n), "e": _number(rsa.e)}
    if isinstance(public_key, EllipticCurvePublicKey):
        ec = public_key.public_numbers()
        x, y = (base64url(value.to_bytes(_COORDINATE_BYTES, "big")) for value in (ec.x, ec.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(public_key.public_bytes_raw())}


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _key(unverified_entry: object) -> VerificationKey | None:
    """One entry as a key, or nothing if we do not use such."""
    if not isinstance(unverified_entry, dict) or not _for_signatures(unverified_entry):
        return None
    kid, kty, alg = (unverified_entry.get(name) for name in ("kid", "kty", "alg"))
    issuer, cloud = (unverified_entry.get(name) for name in ("issuer", "cloud_instance_name"))
    if not isinstance(kid, str) or not 1 <= len(kid) <= MAX_KID_CHARACTERS or not isinstance(kty, str):
        return None
    if any(value is not None and not isinstance(value, str) for value in (alg, issuer, cloud)):
        return None
    try:
        public_key = _public_key(kty, unverified_entry)
    except ValueError:
        return None
    if public_key is None or (alg is not None and not fits_public(public_key, alg)):
        return None
    return VerificationKey(kid=kid, public_key=public_key, kty=kty, alg=alg, issuer=issuer, cloud_instance_name=cloud)


def _for_signatures(entry: Mapping[str, Any]) -> bool:
    # Whoever publishes the private half has let everybody sign.
    if "d" in entry or "k" in entry or entry.get("use", "sig") != "sig":
        return False
    operations = entry.get("key_ops")
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _public_key(kty: str, entry: Mapping[str, Any]) -> PublicKey | None:
    """Raises `ValueError` for a member that is missing, malformed, or no point of its curve."""
    if kty == "RSA":
        return _rsa_key(n=_integer(entry.get("n")), e=_integer(entry.get("e")))
    if kty == "EC" and entry.get("crv") == "P-256":
        x, y = _octets(entry.get("x")), _octets(entry.get("y"))
        if len(x) != _COORDINATE_BYTES or len(y) != _COORDINATE_BYTES:
            return None
        point = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1())
        return point.public_key()
    if kty == "OKP" and entry.get("crv") == "Ed25519":
        return Ed25519PublicKey.from_public_bytes(_octets(entry.get("x")))
    return None


def _rsa_key(*, n: int, e: int) -> RSAPublicKey | None:
    # An even modulus is no product of two large primes; the library below takes it all the same.
    if not MIN_RSA_BITS <= n.bit_length() <= _MAX_RSA_BITS or n % 2 == 0 or e.bit_length() > _MAX_RSA_EXPONENT_BITS:
        return None
    return RSAPublicNumbers(n=n, e=e).public_key()


def _integer(value: object) -> int:
    return int.from_bytes(_octets(value), "big")


def _octets(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > 4_096 or _BASE64URL.fullmatch(value) is None:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
