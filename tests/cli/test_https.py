"""`broker serve` with a certificate of its own."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.cli.commands import environment
from tests.cli.houses import House


def certificate_in(folder: Path, name: str) -> tuple[str, str]:
    """A self-signed certificate for localhost, and its key, as paths relative to the configuration."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(pem)
    return f"{name}.pem", f"{name}.key"


async def test_people_sign_in_over_https(still_house: House) -> None:
    cert, key = certificate_in(still_house.folder, "ours")
    https = still_house.url.replace("http://", "https://")
    trusting = ssl.create_default_context(cafile=str(still_house.folder / cert))
    changes = {
        "BROKER_SERVICE__PUBLIC_URL": https,
        "BROKER_SERVER__PUBLIC__TLS__CERT": cert,
        "BROKER_SERVER__PUBLIC__TLS__KEY": key,
    }
    with still_house.serving(**changes):
        async with still_house.browser() as browser:
            query = f"provider=microsoft&login_hint=auto:alice&redirect_to={still_house.app_url}/"
            page = await browser.send("GET", f"{https}/thirdparty/auth?{query}", ssl=trusting)
            [cookie] = page.set_cookies
            assert cookie.startswith("__Host-signin-")
            assert "; Secure" in cookie
            page = await browser.get(page.location or "")
            page = await browser.send("GET", page.location or "", ssl=trusting)
            assert page.location == still_house.app_url + "/"
            assert "; Secure" in next(each for each in page.set_cookies if each.startswith("hanko="))


def serves(house: House, *, trusting: str) -> bool:
    """Whether a fresh handshake meets a certificate that this one vouches for."""
    context = ssl.create_default_context(cafile=house.folder / trusting)
    try:
        with (
            socket.create_connection(("127.0.0.1", house.ports["public"]), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except ssl.SSLCertVerificationError:
        return False


def test_a_renewed_certificate_is_served_after_a_reload_and_a_bad_one_is_not(still_house: House) -> None:
    folder = still_house.folder
    certificate_in(folder, "served")
    certificate_in(folder, "renewed")
    changes = {
        "BROKER_SERVICE__PUBLIC_URL": still_house.url.replace("http://", "https://"),
        "BROKER_SERVER__PUBLIC__TLS__CERT": "served.pem",
        "BROKER_SERVER__PUBLIC__TLS__KEY": "served.key",
    }
    with still_house.serving(**changes) as server:
        assert not serves(still_house, trusting="renewed.pem")
        shutil.copyfile(folder / "renewed.pem", folder / "served.pem")
        server.send(signal.SIGHUP)
        mistake = json.loads(server.wait_for("the configuration was not reloaded"))["mistake"]
        assert mistake.startswith("server.public.tls.cert: cannot be used with its key")
        assert not serves(still_house, trusting="renewed.pem")
        shutil.copyfile(folder / "renewed.key", folder / "served.key")
        server.send(signal.SIGHUP)
        server.wait_for("the configuration was reloaded")
        assert serves(still_house, trusting="renewed.pem")


def health_check(house: House) -> int:
    """The exit code of what the image asks after itself with."""
    dockerfile = (Path(__file__).parents[2] / "Dockerfile").read_text("utf-8")
    _, *arguments = json.loads(dockerfile.partition("HEALTHCHECK")[2].partition("CMD ")[2].partition("\n")[0])
    address = {"BROKER_SERVER__ADMIN__ADDRESS": f"127.0.0.1:{house.ports['admin']}"}
    return subprocess.run([sys.executable, *arguments], env=environment(address), check=False).returncode  # noqa: S603 -- our own


def test_image_is_healthy_while_it_serves_https_and_not_once_it_stopped(still_house: House) -> None:
    cert, key = certificate_in(still_house.folder, "ours")
    changes = {
        "BROKER_SERVICE__PUBLIC_URL": still_house.url.replace("http://", "https://"),
        "BROKER_SERVER__PUBLIC__TLS__CERT": cert,
        "BROKER_SERVER__PUBLIC__TLS__KEY": key,
    }
    with still_house.serving(**changes):
        assert health_check(still_house) == 0
    assert health_check(still_house) != 0


@pytest.mark.parametrize("section", ["server.public.tls", "service.emulator_tls"])
def test_certificate_that_does_not_fit_its_key_is_a_mistake(still_house: House, section: str) -> None:
    cert, _ = certificate_in(still_house.folder, "ours")
    _, key = certificate_in(still_house.folder, "theirs")
    variable = f"BROKER_{section.upper().replace('.', '__')}"
    done = still_house.broker(
        "serve",
        BROKER_SERVICE__PUBLIC_URL=still_house.url.replace("http://", "https://"),
        **{f"{variable}__CERT": cert, f"{variable}__KEY": key},
    )
    assert done.code == 78
    [sentence] = done.errors.splitlines()
    assert sentence.startswith(f"{section}.cert: cannot be used with its key (key values mismatch)")
