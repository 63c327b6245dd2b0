"""A self-signed certificate for each of our signing keys, for clients that read a key only with one (RFC 7517 4.7).

It says nothing that the key does not: nobody shall trust it. Every replica makes the same bytes of the same key: its
times are the key's, its number is drawn from the `kid`, and RSA signatures of PKCS #1 v1.5 hold no chance.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from broker.crypto import base64url

LIFETIME = timedelta(days=20 * 365)
"""Long enough to be no reason for anything: a key is retired by us, not by its certificate."""


def certified(public_jwk: Mapping[str, str], private_key: RSAPrivateKey, *, created_at: int) -> dict[str, Any]:
    """The public key as it is published, with `x5c` and `x5t#S256`; `created_at` in seconds since the epoch."""
    der = _certificate(private_key, kid=public_jwk["kid"], created_at=created_at)
    return {
        **public_jwk,
        "x5c": [base64.b64encode(der).decode("ascii")],
        "x5t#S256": base64url(hashlib.sha256(der).digest()),
    }


def _certificate(private_key: RSAPrivateKey, *, kid: str, created_at: int) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kid[:64])])
    begins = datetime.fromtimestamp(created_at, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(kid.encode()).digest()[:16]) | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + LIFETIME)
        .sign(private_key, SHA256())
    )
    return certificate.public_bytes(Encoding.DER)
