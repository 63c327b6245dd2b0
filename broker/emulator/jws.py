"""Compact JWS by hand, both ways: a JOSE library would rightly refuse to write what control asks for.

Sources: RFC 7515 (JWS), RFC 7518 (algorithms), RFC 8017 (RSA signatures).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
    "PS256": hashes.SHA256(),
}


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True, kw_only=True)
class UnverifiedJws:
    """A token taken apart; nothing of it is true before `signed_by` said so."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def parse(cls, token: str) -> "UnverifiedJws":
        """Raises ValueError, with the reason as a sentence, for what is no JWS of two JSON objects."""
        parts = token.split(".")
        if len(parts) != 3:
            raise ValueError("It does not have three parts.")
        header, claims = (_json_object(part) for part in parts[:2])
        return cls(header=header, claims=claims, signed=f"{parts[0]}.{parts[1]}".encode(), signature=_decoded(parts[2]))

    def signed_by(self, key: RSAPublicKey, *, algorithms: tuple[str, ...] = ("PS256", "RS256")) -> bool:
        """Whether this key made the signature, by the header's algorithm and none that is not listed."""
        alg = self.header.get("alg")
        if alg not in algorithms:
            return False
        try:
            key.verify(self.signature, self.signed, _padding(alg), _HASHES[alg])
        except InvalidSignature:
            return False
        return True


def sign(data: bytes, alg: str, key: RSAPrivateKey) -> bytes:
    """An RSA signature by RS256, RS384, RS512 or PS256."""
    return key.sign(data, _padding(alg), _HASHES[alg])


def signed_jws(header: Mapping[str, object], claims: Mapping[str, object], key: RSAPrivateKey) -> str:
    """A token as it should be; the header's `alg` says how it is signed."""
    signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{b64url(sign(signed.encode(), str(header['alg']), key))}"


def _padding(alg: str) -> padding.PSS | padding.PKCS1v15:
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part.encode() + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("A part of it is not base64url.") from None


def _no_number(name: str) -> None:
    # NaN is neither before nor after any moment, so no check of times would refuse it.
    raise ValueError(f"{name} is not JSON")


def _json_object(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decoded(part), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ValueError("Header or claims are not JSON in base64url.") from None
    if not isinstance(found, dict):
        raise ValueError("Header or claims are no JSON object.")  # noqa: TRY004 - of the token, not of our types
    return found
