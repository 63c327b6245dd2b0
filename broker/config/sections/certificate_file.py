"""A certificate with its private key, from one file: PEM or PFX. Read when the configuration is, and when it changes.

Only what Microsoft takes: RSA of at least 2,048 bits. Of several certificates in the file the one counts that the
key belongs to; a chain beside it is ignored.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from broker.config.sections.section import Unfit

SMALLEST_KEY_BITS: Final = 2048
_MAXIMUM_BYTES: Final = 256 * 1024
_PASSWORD: Final = "password"  # noqa: S105  the name of a key in the file


class CertificateUnfit(Unfit):
    """A certificate that cannot be used, and the key of the configuration that is to blame."""

    def __init__(self, message: str, hint: str = "", *, key: str = "file") -> None:
        super().__init__(message, hint)
        self.key = key


@dataclass(frozen=True, kw_only=True)
class CertificateWithKey:
    """Thumbprints as raw bytes of the digest; `not_after` in seconds since the epoch."""

    private_key: RSAPrivateKey = field(repr=False)
    sha1: bytes
    sha256: bytes
    not_after: int


def read_certificate(path: Path, password: str | None) -> CertificateWithKey:
    """What the file holds. Raises `CertificateUnfit`."""
    data = _content(path)
    try:
        load = _of_pem if b"-----BEGIN" in data else _of_pfx
        key, certificates = load(data, password.encode() if password is not None else None)
    except TypeError as error:
        # How the library says that one of password and encryption is there without the other.
        if password is None:
            raise CertificateUnfit("is missing: the key is encrypted", key=_PASSWORD) from error
        raise CertificateUnfit("is given, but the key is not encrypted", "leave it out", key=_PASSWORD) from error
    if not isinstance(key, RSAPrivateKey):
        raise CertificateUnfit("holds no RSA key, and Microsoft takes no other")
    if key.key_size < SMALLEST_KEY_BITS:
        raise CertificateUnfit(f"holds a key of {key.key_size} bits", f"at least {SMALLEST_KEY_BITS}")
    return _with_key(key, certificates)


def _with_key(key: RSAPrivateKey, certificates: list[x509.Certificate]) -> CertificateWithKey:
    public = key.public_key()
    for certificate in certificates:
        if _belongs(certificate, public):
            return CertificateWithKey(
                private_key=key,
                sha1=certificate.fingerprint(SHA1()),  # noqa: S303  how the portal calls a certificate
                sha256=certificate.fingerprint(SHA256()),
                not_after=int(certificate.not_valid_after_utc.timestamp()),
            )
    raise CertificateUnfit("holds a key that belongs to none of its certificates")


def _belongs(certificate: x509.Certificate, public: RSAPublicKey) -> bool:
    try:
        return certificate.public_key() == public
    except (UnsupportedAlgorithm, ValueError):
        return False  # one of the chain, with a key of a kind that is not known here


def _of_pem(data: bytes, password: bytes | None) -> tuple[object, list[x509.Certificate]]:
    try:
        certificates = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise CertificateUnfit("holds no certificate", "PEM with key and certificate in one file, or PFX") from error
    if b"PRIVATE KEY-----" not in data:
        raise CertificateUnfit("holds no private key", "PEM with key and certificate in one file, or PFX")
    try:
        return load_pem_private_key(data, password), certificates
    except UnsupportedAlgorithm as error:
        raise CertificateUnfit("holds a private key that cannot be read", "RSA, at least 2048 bits") from error
    except ValueError as error:
        if password is not None:
            raise CertificateUnfit("does not open the key", key=_PASSWORD) from error
        raise CertificateUnfit("holds a private key that cannot be read") from error


def _of_pfx(data: bytes, password: bytes | None) -> tuple[object, list[x509.Certificate]]:
    try:
        key, certificate, further = pkcs12.load_key_and_certificates(data, password)
    except UnsupportedAlgorithm as error:
        raise CertificateUnfit("is encrypted in a way that is not known here", "export it anew") from error
    except ValueError as error:
        if password is not None:
            raise CertificateUnfit("does not open the file", "or it is neither PEM nor PFX", key=_PASSWORD) from error
        raise CertificateUnfit("is neither PEM nor PFX without a password", "does it need a password?") from error
    if key is None or certificate is None:
        raise CertificateUnfit("holds no private key with a certificate")
    return key, [certificate, *further]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror or "" if isinstance(error, OSError) else "not a path"
        raise CertificateUnfit("the file cannot be read", reason) from error
    if len(data) > _MAXIMUM_BYTES:
        raise CertificateUnfit("is larger than 256 KiB")
    return data
