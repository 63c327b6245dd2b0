"""Certificates of a registration, by which a client assertion is verified: read from PEM, named by thumbprint.

Source: Microsoft's documentation of certificate credentials. The portal lists the SHA-1 thumbprint.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from broker.emulator.jws import b64url


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A registered certificate with an RSA key; times in seconds since the epoch."""

    der: bytes
    public_key: RSAPublicKey
    not_before: float
    not_after: float

    @cached_property
    def sha1(self) -> str:
        """The value of `x5t`: base64url of the DER's SHA-1."""
        return b64url(hashlib.sha1(self.der).digest())  # noqa: S324 - x5t is SHA-1 by RFC 7515 section 4.1.7

    @cached_property
    def sha256(self) -> str:
        """The value of `x5t#S256`."""
        return b64url(hashlib.sha256(self.der).digest())

    def valid_at(self, now: float) -> bool:
        """Whether the certificate is within its own validity."""
        return self.not_before <= now <= self.not_after


def read_certificate(pem: str) -> Certificate:
    """The first certificate of a PEM text. Raises ValueError for what Microsoft would not accept."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        key = found.public_key()
    except (ValueError, UnicodeError) as error:
        raise ValueError("a certificate is not PEM") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ValueError("a certificate has an RSA key of at least 2048 bit")
    return Certificate(
        der=found.public_bytes(Encoding.DER),
        public_key=key,
        not_before=found.not_valid_before_utc.timestamp(),
        not_after=found.not_valid_after_utc.timestamp(),
    )
