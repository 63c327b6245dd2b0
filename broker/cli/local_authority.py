"""A certificate authority of our own making, for https on this machine and nowhere else.

It stays the same for as long as its folder does, so that people import it once. It can sign for loopback's names only
(RFC 5280 section 4.2.1.10): who steals its key can pretend to be nobody but this machine. The certificate below it is
short-lived and made anew at a start. Whatever is secret lies in one file together with its certificate, so that no two
servers that start at once mix theirs.
"""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.clock import Clock, SystemClock
from broker.errors import ConfigError
from broker.private_file import read_private, replace, write_once

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 30
RENEWED_DAYS = 15
"""A certificate with fewer days left is made anew at a start."""
BEFORE_NOW = timedelta(hours=1)
"""Valid from a little earlier: the clocks of a machine and its containers differ."""


@dataclass(frozen=True, kw_only=True)
class LocalCertificate:
    """What to serve https with, and what others must trust. `certificate` holds its private key, too."""

    ca_file: Path
    certificate: Path


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private + self.certificate.public_bytes(Encoding.PEM)


def state_folder() -> Path:
    """Where this person's authority is kept, for commands that have no folder of their own. Raises `ConfigError`."""
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_STATE_HOME")
    try:
        base = Path(local) if local else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise ConfigError("there is no home folder to keep an authority in: choose one with --tls-folder") from error
    return base / "identity-broker" / "tls"


def local_certificate(folder: Path, *, clock: Clock | None = None) -> LocalCertificate:
    """The certificate of this machine from this folder, which is made and filled where something is missing.

    Raises `ConfigError` for a folder that cannot be used, an authority that is damaged, has expired or is open to
    others: whoever can read its key can pretend to be any local server to those who trust it, and whoever can write
    beside it can have them trust another, which is bound to no names.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    authority_path, certificate_path = folder / "authority.key", folder / "localhost.pem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(folder, folder.stat())
        if not authority_path.exists():
            write_once(authority_path, _make_authority(now).pem)
        authority = _read(authority_path)
        if not _is_current(authority, now=now, days=CERTIFICATE_DAYS):
            raise ConfigError(f"{authority_path} has expired or is not valid yet; delete {folder} to get another")
        ca_file = folder / "ca.pem"
        public = authority.certificate.public_bytes(Encoding.PEM)
        if not ca_file.exists() or ca_file.read_bytes() != public:
            replace(ca_file, public, mode=0o644)
        if not _is_good(certificate_path, authority, now=now):
            replace(certificate_path, _make_certificate(authority, now).pem)
    except OSError as error:
        raise ConfigError(f"{folder} cannot hold the certificates of --tls: {error.strerror or error}") from error
    return LocalCertificate(ca_file=ca_file.absolute(), certificate=certificate_path.absolute())


def _is_good(path: Path, authority: _Pair, *, now: datetime) -> bool:
    """Whether the certificate there is this authority's and has days enough; a damaged one is replaced, too."""
    try:
        found = _read(path)
        found.certificate.verify_directly_issued_by(authority.certificate)
    except (FileNotFoundError, ConfigError, InvalidSignature, ValueError, TypeError):
        return False
    return _is_current(found, now=now, days=RENEWED_DAYS)


def _is_current(pair: _Pair, *, now: datetime, days: int) -> bool:
    certificate = pair.certificate
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc - timedelta(days=days)


def _make_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Identity Broker, for localhost only")])
    permitted = [*map(x509.DNSName, NAMES), *(x509.IPAddress(ip_network(address)) for address in ADDRESSES)]
    builder = (
        _builder(name, name, key, now, days=AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        # Names of other kinds, such as mail addresses, are not constrained above: so it vouches for servers only.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return _Pair(certificate=builder.sign(key, hashes.SHA256()), key=key)


def _make_certificate(authority: _Pair, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    served = [*map(x509.DNSName, NAMES), *(x509.IPAddress(ip_address(address)) for address in ADDRESSES)]
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(name, authority.certificate.subject, key, now, days=CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(served), critical=False)
        .add_extension(issuer_key, critical=False)
    )
    return _Pair(certificate=builder.sign(authority.key, hashes.SHA256()), key=key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE_NOW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(path: Path) -> _Pair:
    """The pair in a file of our own. Raises `OSError`, `ConfigError`."""
    content = read_private(path)
    try:
        key, certificate = load_pem_private_key(content, password=None), x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path} holds no key with its certificate; delete {path.parent} to get another") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError(f"{path} holds a key that is not its certificate's; delete {path.parent} to get another")
    return _Pair(certificate=certificate, key=key)


def _require_own(path: Path, found: os.stat_result) -> None:
    """Nobody else may put files there, or take them away; a sticky bit would still let them come first."""
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to another user (uid {found.st_uid}): run as that user")
    if found.st_mode & stat.S_IWOTH:
        raise ConfigError(f"{path} can be written by everybody: choose a folder of your own for --tls")
