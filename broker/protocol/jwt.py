"""JSON Web Signatures in compact form (RFC 7515, RFC 7519, RFC 8725); the one door to PyJWT.

Here a signature is checked and made, and nothing else: what the claims say is for `id_token` (others' tokens) and
`sessions/token` (ours). The algorithm is always chosen by the caller, never by the token. PyJWT's own parser is left
out: it takes repeated names and padding, and would parse everything a second time.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import InvalidKeyError

from broker.errors import TokenInvalid
from broker.protocol.excerpt import excerpt
from broker.protocol.strict_json import JsonInvalid, parse_object

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

MAX_PART_BYTES = 65_536
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"})
"""All that anyone here may choose from. `none` and the HMACs are absent: a public key must never serve as a secret."""

_IMPLEMENTATIONS: dict[str, Algorithm] = {
    name: algorithm for name, algorithm in get_default_algorithms().items() if name in ALGORITHMS
}
_RSA = (RSAPublicKey, RSAPrivateKey)
_KEY_TYPES: Mapping[str, tuple[type[object], type[object]]] = {
    "RS256": _RSA,
    "RS384": _RSA,
    "RS512": _RSA,
    "PS256": _RSA,
    "ES256": (EllipticCurvePublicKey, EllipticCurvePrivateKey),
    "EdDSA": (Ed25519PublicKey, Ed25519PrivateKey),
}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_REFUSED_MEMBERS = ("crit", "b64", "zip", "enc")
_CACHED_HEADER_CHARACTERS = 512


@dataclass(frozen=True, kw_only=True)
class UnverifiedHeader:
    """What a token says about its own signature. Good for choosing a key; proves nothing."""

    alg: str
    kid: str | None
    typ: str | None
    members: Mapping[str, Any]


def read_header(unverified_token: str, *, max_part_bytes: int = MAX_PART_BYTES) -> UnverifiedHeader:
    """The protected header of a compact JWS, its form checked: three parts of strict base64url, a JSON object.

    `max_part_bytes` holds for each part as received. Raises `TokenInvalid` with check `malformed`, or `alg` for a
    header that asks for something which we do not understand (RFC 7515 section 4.1.11) or names no algorithm.
    """
    return _header(_parts(unverified_token, max_part_bytes)[0])


def verified_payload(
    unverified_token: str, *, key: PublicKey, algorithm: str, max_part_bytes: int = MAX_PART_BYTES
) -> dict[str, Any]:
    """The payload of a token that `key` signed with `algorithm`; it is not parsed before the signature holds.

    Raises `TokenInvalid` with check `malformed`, `alg` (the header names another algorithm) or `signature`.
    """
    header_part, payload_part, signature_part = _parts(unverified_token, max_part_bytes)
    header = _header(header_part)
    if header.alg != algorithm:
        _refuse_algorithm(f"the header says {excerpt(header.alg, 40)}, expected is {algorithm}")
    signed = f"{header_part}.{payload_part}".encode("ascii")
    signature = _decoded(signature_part, "signature")
    if not _holds(signature, signed, key=key, algorithm=algorithm):
        raise TokenInvalid("signature", "the signature does not hold", security="signature")
    return _json(_decoded(payload_part, "payload"), "payload")


def sign(claims: Mapping[str, Any], *, private_key: PrivateKey, kid: str, algorithm: str, typ: str = "JWT") -> str:
    """A token of ours. The key comes parsed: reading it from PEM costs a hundred times what a signature costs.

    Raises `ValueError` if key and algorithm do not belong together.
    """
    if not fits_private(private_key, algorithm):
        raise ValueError(f"a {type(private_key).__name__} cannot sign {algorithm}")
    payload = json.dumps(dict(claims), separators=(",", ":"), allow_nan=False).encode("ascii")
    signed = f"{_own_header(algorithm, kid, typ)}.{_encoded(payload)}"
    implementation = _IMPLEMENTATIONS[algorithm]
    try:
        signature = implementation.sign(signed.encode("ascii"), implementation.prepare_key(private_key))
    except InvalidKeyError as error:
        raise ValueError(f"this {type(private_key).__name__} cannot sign {algorithm}") from error
    return f"{signed}.{_encoded(signature)}"


def fits_public(key: PublicKey, algorithm: str) -> bool:
    """Whether this public key can check signatures of this algorithm (RFC 8725 section 3.1)."""
    types = _KEY_TYPES.get(algorithm)
    return types is not None and isinstance(key, types[0])


def fits_private(key: PrivateKey, algorithm: str) -> bool:
    """Whether this private key can make signatures of this algorithm."""
    types = _KEY_TYPES.get(algorithm)
    return types is not None and isinstance(key, types[1])


def _holds(signature: bytes, signed: bytes, *, key: PublicKey, algorithm: str) -> bool:
    if not fits_public(key, algorithm):
        _refuse_algorithm(f"a {type(key).__name__} does not check {algorithm}")
    implementation = _IMPLEMENTATIONS[algorithm]
    try:
        return implementation.verify(signed, implementation.prepare_key(key), signature)
    except InvalidKeyError:
        # The right kind of key on another curve.
        _refuse_algorithm(f"this {type(key).__name__} does not check {algorithm}")


def _parts(unverified_token: str, max_part_bytes: int) -> tuple[str, str, str]:
    # Measured before it is split: a megabyte of dots should cost nothing.
    if len(unverified_token) > 3 * max_part_bytes + 2:
        raise TokenInvalid("malformed", "the token is too long")
    parts = unverified_token.split(".", 3)
    if len(parts) != 3:
        raise TokenInvalid("malformed", "not three parts")
    for part in parts:
        if len(part) > max_part_bytes:
            raise TokenInvalid("malformed", "a part is too long")
        if _BASE64URL.fullmatch(part) is None or len(part) % 4 == 1:
            raise TokenInvalid("malformed", "a part is not base64url")
    return parts[0], parts[1], parts[2]


def _header(part: str) -> UnverifiedHeader:
    # All tokens of one key begin with the same characters; long ones are not kept, so that nobody can fill memory.
    return _known_header(part) if len(part) <= _CACHED_HEADER_CHARACTERS else _parsed_header(part)


def _parsed_header(part: str) -> UnverifiedHeader:
    members = _json(_decoded(part, "header"), "header")
    for name in _REFUSED_MEMBERS:
        if name in members:
            _refuse_algorithm(f"the header has {name}")
    alg, kid, typ = members.get("alg"), members.get("kid"), members.get("typ")
    if not isinstance(alg, str) or not alg:
        _refuse_algorithm("the header names no algorithm")
    if "kid" in members and not isinstance(kid, str):
        raise TokenInvalid("kid", "kid is not a string")
    if "typ" in members and not isinstance(typ, str):
        _refuse_algorithm("typ is not a string")
    return UnverifiedHeader(alg=alg, kid=kid, typ=typ, members=MappingProxyType(members))


_known_header = lru_cache(maxsize=256)(_parsed_header)


def _refuse_algorithm(detail: str) -> NoReturn:
    raise TokenInvalid("alg", detail, security="alg")


def _json(data: bytes, part: str) -> dict[str, Any]:
    try:
        return parse_object(data, max_bytes=MAX_PART_BYTES)
    except JsonInvalid as error:
        raise TokenInvalid("malformed", f"{part}: {error}") from None


def _decoded(part: str, name: str) -> bytes:
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # The last character can carry bits that mean nothing: two spellings of one token would get past a comparison.
    if part and _encoded(data[-(len(data) % 3 or 3) :]) != part[-(len(part) % 4 or 4) :]:
        raise TokenInvalid("malformed", f"the {name} is not canonical base64url")
    return data


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=64)
def _own_header(algorithm: str, kid: str, typ: str) -> str:
    return _encoded(json.dumps({"alg": algorithm, "kid": kid, "typ": typ}, separators=(",", ":")).encode())
