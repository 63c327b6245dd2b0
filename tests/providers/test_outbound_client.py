"""The one way out, against a server that misbehaves in every way a server can."""

import asyncio
import datetime
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from broker.errors import ConfigError, UpstreamUnavailable
from broker.net import client as client_module
from broker.net.client import MAX_BODY_BYTES, OutboundClient
from tests.peers.oidc import rsa_key
from tests.peers.raw_http import RawServer, Reply, running
from tests.providers.outbound import LOOPBACK, a_client, says, server
from tests.providers.stage import TestClock, Watch

__all__ = ["server"]


async def refused(client: OutboundClient, url: str) -> str:
    with pytest.raises(UpstreamUnavailable) as caught:
        await client.get(url, kind="discovery")
    return caught.value.detail


async def test_an_answer_has_status_headers_and_body(server: RawServer) -> None:
    url = says(server, Reply(status=401, body=b'{"a": 1}', headers={"X-Ms-Request-Id": "7"}))
    async with a_client() as client:
        answer = await client.get(url, kind="token")
    assert (answer.status, answer.body, answer.headers["x-ms-request-id"]) == (401, b'{"a": 1}', "7")
    assert answer.content_type == "application/json"
    assert "a" not in repr(answer).partition("body")[2]


async def test_a_request_carries_neither_cookie_nor_origin_nor_referer(server: RawServer) -> None:
    url = says(server, Reply(headers={"Set-Cookie": "a=b; Path=/"}))
    async with a_client() as client:
        await client.get(url, kind="token")
        await client.post_form(url, "a=b", kind="token")
    for request in server.requests:
        assert not {"cookie", "origin", "referer", "authorization"} & set(request.headers)
    assert server.requests[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.requests[1].body == b"a=b"
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(server: RawServer, status: int) -> None:
    url = says(server, Reply(status=status, headers={"Location": f"{server.base_url}/elsewhere"}))
    async with a_client() as client:
        assert "redirect" in await refused(client, url)
    assert server.count("/elsewhere") == 0


async def test_whoever_asks_where_a_browser_would_be_sent_is_told_and_nobody_goes_there(server: RawServer) -> None:
    url = says(server, Reply(status=302, headers={"Location": f"{server.base_url}/elsewhere"}))
    async with a_client() as client:
        answer = await client.get(url, kind="authorize", keep_redirects=True)
    assert (answer.status, answer.headers["location"]) == (302, f"{server.base_url}/elsewhere")
    assert [request.path for request in server.requests] == ["/it"]


async def test_a_body_beyond_the_cap_is_refused(server: RawServer) -> None:
    async with a_client() as client:
        assert (await client.get(says(server, Reply(body=b"x" * MAX_BODY_BYTES)), kind="keys")).status == 200
        assert "more than" in await refused(client, says(server, Reply(body=b"x" * (MAX_BODY_BYTES + 1))))


def gzipped(data: bytes) -> Reply:
    return Reply(body=gzip.compress(data), headers={"Content-Encoding": "gzip"})


async def test_a_compressed_body_that_nobody_asked_for_is_unpacked(server: RawServer) -> None:
    async with a_client() as client:
        assert (await client.get(says(server, gzipped(b"hello")), kind="keys")).body == b"hello"
        deflated = Reply(body=zlib.compress(b"hello"), headers={"Content-Encoding": "deflate"})
        assert (await client.get(says(server, deflated), kind="keys")).body == b"hello"
    assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_a_bomb_is_refused_before_it_goes_off(server: RawServer) -> None:
    bomb = gzipped(bytes(200 * MAX_BODY_BYTES))
    assert len(bomb.body) < MAX_BODY_BYTES
    async with a_client() as client:
        assert "once unpacked" in await refused(client, says(server, bomb))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=gzip.compress(b"hello")[:-12], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        Reply(body=b"hello", headers={"Content-Encoding": "br"}),
        Reply(body=b'{"a": "a long body"}', cut=5),
        Reply(drop=True),
        Reply(body=b"x", headers={"X-Long": "y" * 100_000}),
    ],
    ids=["short gzip", "no gzip", "other encoding", "cut body", "no answer", "endless header"],
)
async def test_an_answer_that_is_not_whole_is_no_answer(server: RawServer, reply: Reply) -> None:
    async with a_client() as client:
        await refused(client, says(server, reply))


async def test_patience_ends(server: RawServer) -> None:
    watch = Watch()
    async with a_client(watch=watch, total_seconds=0.2) as client:
        assert "in time" in await refused(client, says(server, Reply(hang=True)))
    assert watch.calls == [("microsoft", "discovery", "timeout")]


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example/it",
        "http://10.0.0.1/it",
        "https://169.254.169.254/metadata/identity/oauth2/token",
        "https://[::1]/it",
        "https://[::ffff:10.0.0.1]/it",
        "https://192.168.0.1/it",
        "ftp://127.0.0.1/it",
        "file:///etc/passwd",
        "https:///it",
        "https://[::1/it",
        "/it",
    ],
)
async def test_a_url_that_leads_nowhere_public_is_never_asked(url: str) -> None:
    async with a_client(named_hosts=frozenset()) as client:
        await refused(client, url)


async def test_an_address_in_digits_that_only_the_http_library_reads_as_such_is_never_reached(
    server: RawServer,
) -> None:
    url = says(server, Reply(body=b"{}")).replace("http://127.", "https://\uff11\uff12\uff17.")
    async with a_client(named_hosts=frozenset()) as client:
        assert "AddressRefused" in await refused(client, url)
    assert server.connections == 0


async def test_a_name_that_resolves_to_a_private_address_is_refused_unless_configuration_names_it(
    server: RawServer,
) -> None:
    url = says(server, Reply(body=b"{}")).replace("127.0.0.1", "localhost")
    async with a_client(named_hosts=frozenset()) as client:
        assert "private address" in await refused(client, url)
    assert server.connections == 0
    async with a_client(named_hosts=frozenset({"LOCALHOST"})) as client:
        assert (await client.get(url, kind="keys")).status == 200


async def test_a_connection_that_failed_before_anything_was_sent_is_tried_once_more(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0
    real = asyncio.get_running_loop().sock_connect

    async def refusing_first(sock: socket.socket, address: object) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ConnectionRefusedError
        await real(sock, address)  # type: ignore[arg-type]  # an address is whatever the family says

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", refusing_first)
    async with a_client() as client:
        assert (await client.post_form(says(server, Reply(body=b"{}")), "code=c", kind="token")).status == 200
    assert attempts == 2
    assert server.count("/it") == 1


async def test_a_machine_that_is_gone_is_tried_twice_and_no_more(server: RawServer) -> None:
    url = says(server, Reply())
    await server.stop()
    watch = Watch()
    async with a_client(watch=watch) as client:
        await refused(client, url)
    await server.start()
    assert watch.calls == [("microsoft", "discovery", "error")]


async def test_a_form_is_never_sent_twice_when_its_answer_got_lost(server: RawServer) -> None:
    url = says(server, Reply(drop=True))
    async with a_client() as client:
        with pytest.raises(UpstreamUnavailable):
            await client.post_form(url, "code=c", kind="token")
    assert server.count("/it") == 1


@pytest.fixture
async def tls_server(tmp_path: Path) -> AsyncIterator[tuple[RawServer, str]]:
    """A server whose certificate no system trusts, and the file that does."""
    key = rsa_key("tls")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path / "ca.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    both = tmp_path / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(private + file.read_bytes())
    server = RawServer()
    server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.tls.load_cert_chain(both)
    server.routes["/it"] = lambda _request: Reply(body=b"{}")
    async with running(server):
        yield server, str(file)


async def test_a_certificate_of_nobody_we_trust_is_refused_and_of_the_configured_file_is_not(
    tls_server: tuple[RawServer, str],
) -> None:
    server, ca_file = tls_server
    url = f"https://localhost:{server.port}/it"
    async with a_client() as client:
        assert "certificate" in (await refused(client, url)).lower()
    trusting = OutboundClient(provider="custom_x", clock=TestClock(), named_hosts=LOOPBACK, ca_file=ca_file)
    assert (await trusting.get(url, kind="keys")).status == 200
    # The certificate is for a name: the same machine under another name is somebody else.
    with pytest.raises(UpstreamUnavailable):
        await trusting.get(url.replace("localhost", "127.0.0.1"), kind="discovery")
    await trusting.close()
    assert server.count("/it") == 1


def test_a_certificate_file_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_file of custom_x holds no certificate"):
        OutboundClient(provider="custom_x", clock=TestClock(), ca_file=str(tmp_path / "missing.pem"))


def test_the_limits_are_those_that_were_promised() -> None:
    assert client_module.CONNECT_SECONDS == 3
    assert client_module.TOTAL_SECONDS == 10
    assert MAX_BODY_BYTES == 1024 * 1024
