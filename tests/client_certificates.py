"""Certificates that prove us to a provider: made for a test, self-signed as operators make theirs."""

import datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

AnyKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def a_key(name: str = "one", *, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key for each name, made once: that takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def certificate_for(key: AnyKey, *, days: float = 365) -> x509.Certificate:
    """A certificate for this key that ends in so many days, or ended so many ago."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1000))
    return builder.not_valid_after(now + datetime.timedelta(days=days)).sign(key, SHA256())


def pem_of(certificate: x509.Certificate) -> bytes:
    """The certificate alone."""
    return certificate.public_bytes(Encoding.PEM)


def pem_of_key(key: AnyKey, password: bytes | None = None) -> bytes:
    """The key alone."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password))


def written_pem(path: Path, key: AnyKey, certificate: x509.Certificate, *, password: bytes | None = None) -> Path:
    """Both in one file."""
    path.write_bytes(pem_of_key(key, password) + pem_of(certificate))
    return path


def written_pfx(path: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate, *, password: bytes) -> Path:
    """Both in a PFX file."""
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"broker", key, certificate, None, _encryption(password)))
    return path


def _encryption(password: bytes | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(password) if password is not None else NoEncryption()
