"""The authority that `--tls` makes for this machine: kept, for its owner only, and of no use for any other name."""

import os
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.cli.certificates import certificate_mistake
from broker.cli.local_authority import CERTIFICATE_DAYS, RENEWED_DAYS, local_certificate
from broker.clock import FrozenClock, SystemClock
from broker.errors import ConfigError

DAY = 24 * 3600


def shake_hands(certificate: Path, *, ca_file: Path, name: str) -> None:
    """A TLS handshake in memory, by the strictest rules there are. Raises what the client has against the server."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(ca_file))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname=name)
    theirs = server.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.getpeercert()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_loopback_is_served_for_whoever_trusts_the_authority(tmp_path: Path, name: str) -> None:
    made = local_certificate(tmp_path / "tls")
    shake_hands(made.certificate, ca_file=made.ca_file, name=name)
    assert certificate_mistake(made.certificate, made.certificate) is None


@pytest.mark.parametrize("name", ["login.microsoftonline.com", "localhost.example.com", "192.168.1.1"])
def test_a_stolen_authority_key_is_good_for_no_other_name(tmp_path: Path, name: str) -> None:
    made = local_certificate(tmp_path)
    forged = signed_by((tmp_path / "authority.key").read_bytes(), for_name=name)
    (tmp_path / "forged.pem").write_bytes(forged)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(tmp_path / "forged.pem", ca_file=made.ca_file, name=name)


def test_the_authority_makes_no_further_authorities(tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(local_certificate(tmp_path).ca_file.read_bytes())
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


def test_the_authority_vouches_for_servers_only(tmp_path: Path) -> None:
    """Its constraints say nothing of mail addresses or of who wrote a program."""
    certificate = x509.load_pem_x509_certificate(local_certificate(tmp_path).ca_file.read_bytes())
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_but_their_owner_can_read_the_keys(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        local_certificate(tmp_path / "tls")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes.pop("ca.pem") & 0o222 == 0o200
    assert modes == {"authority.key": 0o600, "localhost.pem": 0o600}


def test_a_start_keeps_the_authority_and_renews_the_certificate_in_time(tmp_path: Path) -> None:
    clock = FrozenClock(SystemClock().now())
    made = local_certificate(tmp_path, clock=clock)
    authority, certificate = made.ca_file.read_bytes(), made.certificate.read_bytes()
    clock.advance((CERTIFICATE_DAYS - RENEWED_DAYS) * DAY - 60)
    local_certificate(tmp_path, clock=clock)
    assert made.certificate.read_bytes() == certificate
    clock.advance(120)
    local_certificate(tmp_path, clock=clock)
    assert made.certificate.read_bytes() != certificate
    assert made.ca_file.read_bytes() == authority
    clock.advance(3650 * DAY)
    with pytest.raises(ConfigError, match="has expired"):
        local_certificate(tmp_path, clock=clock)


def test_servers_that_start_at_once_share_one_authority(tmp_path: Path) -> None:
    count = 4
    barrier = Barrier(count)

    def start(_: int) -> bytes:
        barrier.wait()
        return local_certificate(tmp_path).ca_file.read_bytes()

    with ThreadPoolExecutor(count) as threads:
        assert len(set(threads.map(start, range(count)))) == 1
    assert sorted(os.listdir(tmp_path)) == ["authority.key", "ca.pem", "localhost.pem"]
    shake_hands(tmp_path / "localhost.pem", ca_file=tmp_path / "ca.pem", name="localhost")


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_authority_is_said_and_a_damaged_certificate_replaced(tmp_path: Path, content: bytes) -> None:
    made = local_certificate(tmp_path)
    made.certificate.write_bytes(content)
    local_certificate(tmp_path)
    shake_hands(made.certificate, ca_file=made.ca_file, name="localhost")
    (tmp_path / "authority.key").write_bytes(content)
    with pytest.raises(ConfigError, match="holds no key with its certificate"):
        local_certificate(tmp_path)


def test_a_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    made, other = local_certificate(tmp_path / "ours"), local_certificate(tmp_path / "theirs")
    made.certificate.write_bytes(other.certificate.read_bytes())
    local_certificate(tmp_path / "ours")
    shake_hands(made.certificate, ca_file=made.ca_file, name="localhost")


def test_an_authority_that_others_could_read_is_refused(tmp_path: Path) -> None:
    local_certificate(tmp_path)
    (tmp_path / "authority.key").chmod(0o644)
    with pytest.raises(ConfigError, match="is open to others"):
        local_certificate(tmp_path)


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_folder_that_everybody_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    """Somebody would put an authority of theirs in the place of ours, for no names in particular."""
    folder = tmp_path / "tls"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(ConfigError, match="can be written by everybody"):
        local_certificate(folder)
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot hold the certificates of --tls"):
        local_certificate(tmp_path / "file" / "tls")


def signed_by(pem: bytes, *, for_name: str) -> bytes:
    """What a thief of the authority would make."""
    authority = x509.load_pem_x509_certificate(pem)
    signing = load_pem_private_key(pem, password=None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    literal = for_name.replace(".", "").isdigit()
    name = x509.IPAddress(ip_address(for_name)) if literal else x509.DNSName(for_name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "thief")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
            critical=False,
        )
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
