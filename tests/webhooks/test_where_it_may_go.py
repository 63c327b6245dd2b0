"""Whoever may make webhooks, or answers DNS, leads us to no machine within the operator's network."""

import asyncio
import ipaddress
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broker.cli.local_authority import local_certificate
from broker.errors import UpstreamUnavailable
from broker.models.webhooks import Message
from broker.net.post_targets import Network
from broker.net.poster import Poster
from tests.cli.commands import environment
from tests.client_certificates import a_key, certificate_for, written_pem
from tests.servers import configured, loopback_socket, port_of, running
from tests.webhooks.receiver import Receiver

MESSAGE = Message(headers={"content-type": "application/json"}, body=b'{"token":"a.b.c","event":"user"}')
HERE: tuple[Network, ...] = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128")))


@asynccontextmanager
async def posting(*networks: Network, total_seconds: float = 10) -> AsyncIterator[Poster]:
    poster = Poster(networks=networks, total_seconds=total_seconds)
    try:
        yield poster
    finally:
        await poster.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://192.168.1.1:8443/x",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/",
        "https://0.0.0.0/", "https://100.64.0.1/", "https://127.1/", "https://2130706433/", "https://224.0.0.1/",
        "http://app.example.com/", "http://93.184.216.34/", "ftp://app.example.com/", "https:app.example.com",
        "https://user@app.example.com/", "https://user:hush@app.example.com/", "https://@app.example.com/",
        "https://app.example.com:0/", "https://app.example.com:65536/", "https://app.example.com:port/",
        "https://app.example.com\\@127.0.0.1/", "https://app.example.com/\n", "https://app example.com/", "https:///x",
        "https://\uff11\uff12\uff17.0.0.1/", "https://127.0.0.1%2f@app.example.com/", "https://%31%32%37.0.0.1/",
        "//app.example.com/", "app.example.com", "", "https://[::1%25lo]/", "https://app.example.com/" + "a" * 2048,
    ],
)  # fmt: skip
async def test_a_url_that_is_never_asked_is_refused_when_it_is_made_and_when_it_is_used(url: str) -> None:
    async with posting() as poster:
        assert poster.targets.complaint_about(url) is not None
        with pytest.raises(UpstreamUnavailable) as refused:
            await poster.post(url, MESSAGE)
    assert refused.value.reason == "address not allowed"


@pytest.mark.parametrize(
    "url", ["https://app.example.com/hook?key=1", "https://93.184.216.34/", "https://app.example.com:8443/a%20b#c"]
)
async def test_what_is_public_and_https_is_taken(url: str) -> None:
    async with posting() as poster:
        assert poster.targets.complaint_about(url) is None


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "0x7f000001"])
async def test_a_name_that_resolves_to_a_private_address_is_not_connected_to(receiver: Receiver, host: str) -> None:
    async with posting() as poster:
        with pytest.raises(UpstreamUnavailable) as refused:
            await poster.post(f"https://{host}:{receiver.port}/hook", MESSAGE)
    assert refused.value.reason == "address not allowed"
    assert not receiver.came.is_set()


async def test_plain_http_goes_to_listed_networks_alone_even_by_name(receiver: Receiver) -> None:
    elsewhere = ipaddress.ip_network("10.0.0.0/8")
    async with posting(elsewhere) as poster:
        assert poster.targets.complaint_about(receiver.url()) is None
        with pytest.raises(UpstreamUnavailable) as refused:
            await poster.post(receiver.url(), MESSAGE)
        assert poster.targets.complaint_about(f"http://127.0.0.1:{receiver.port}/") == "is a private address"
    assert refused.value.reason == "address not allowed"
    assert not receiver.came.is_set()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_what_allow_private_lists_is_reached(receiver: Receiver, host: str) -> None:
    receiver.answer = lambda _path: 204
    async with posting(*HERE) as poster:
        url = f"http://{host}:{receiver.port}/hook"
        assert poster.targets.complaint_about(url) is None
        assert (await poster.post(url, MESSAGE)).status == 204
    assert receiver.came.is_set()


async def test_names_are_looked_up_on_threads_of_our_own_which_end_with_us(receiver: Receiver) -> None:
    async with posting(*HERE) as poster:
        await poster.post(receiver.url(), MESSAGE)
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("webhook-names")]
    for thread in threads:
        thread.join(5)
    assert threads
    assert not any(thread.is_alive() for thread in threads)


@asynccontextmanager
async def speaking(first: bytes, then: bytes = b"") -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers with this, and then with that again and again; how much it got rid of."""
    sent = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        try:
            await writer.drain()
            while then:
                writer.write(then)
                await writer.drain()
                sent[0] += len(then)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent
    finally:
        server.close()


async def test_an_answer_without_end_is_taken_by_its_status_and_not_read(receiver: Receiver) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with speaking(head, b"8000\r\n" + b"x" * 0x8000 + b"\r\n") as (url, sent), posting(*HERE) as poster:
        assert (await poster.post(url, MESSAGE)).status == 200
        assert sent[0] < 8 * 1024 * 1024


async def test_an_answer_that_drips_does_not_hold_us(receiver: Receiver) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx"

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hangs, "127.0.0.1", 0)
    began = time.monotonic()
    async with posting(*HERE) as poster:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert (await poster.post(url, MESSAGE)).status == 200
    assert time.monotonic() - began < 5
    server.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "ServerDisconnectedError"), (b"no HTTP at all\r\n\r\n", "ClientResponseError")],
)
async def test_an_answer_that_is_none_is_a_failure_with_a_word(answer: bytes, reason: str) -> None:
    async with speaking(answer) as (url, _), posting(*HERE) as poster:
        with pytest.raises(UpstreamUnavailable) as failed:
            await poster.post(url, MESSAGE)
    assert failed.value.reason == reason
    assert "127.0.0.1" not in str(failed.value)


async def test_silence_is_a_failure_after_a_while(receiver: Receiver) -> None:
    receiver.held = asyncio.Event()
    async with posting(*HERE, total_seconds=0.1) as poster:
        with pytest.raises(UpstreamUnavailable) as failed:
            await poster.post(receiver.url(), MESSAGE)
    receiver.held.set()
    assert failed.value.reason == "no answer in time"


async def test_nobody_there_is_a_failure(receiver: Receiver) -> None:
    async with posting(*HERE) as poster:
        with pytest.raises(UpstreamUnavailable) as failed:
            await poster.post("http://127.0.0.1:1/", MESSAGE)
    assert failed.value.reason == "no connection"


async def test_certificate_that_nobody_vouches_for_is_a_failure_and_nothing_is_sent(
    receiver: Receiver, tmp_path: Path
) -> None:
    key = a_key()
    pem = written_pem(tmp_path / "server.pem", key, certificate_for(key))
    listener = loopback_socket()
    by_https = configured(receiver.app, lifespan=False, certificate=pem)
    async with running(by_https, listener), posting(*HERE) as poster:
        with pytest.raises(UpstreamUnavailable) as failed:
            await poster.post(f"https://localhost:{port_of(listener)}/", MESSAGE)
    assert failed.value.reason == "no TLS that we trust"
    assert not receiver.came.is_set()


async def test_server_that_speaks_no_tls_is_a_failure(receiver: Receiver) -> None:
    async with posting(*HERE) as poster:
        with pytest.raises(UpstreamUnavailable) as failed:
            await poster.post(f"https://localhost:{receiver.port}/", MESSAGE)
    assert failed.value.reason == "no TLS that we trust"


async def test_https_is_spoken_to_whom_this_machine_trusts(receiver: Receiver, tmp_path: Path) -> None:
    """In a process of its own: what a machine trusts is read once."""
    made = local_certificate(tmp_path / "tls")
    listener = loopback_socket()
    code = (
        "import asyncio, sys; from broker.net.poster import Poster; from broker.models.webhooks import Message\n"
        "import ipaddress; p = Poster(networks=[ipaddress.ip_network('127.0.0.0/8')])\n"
        "m = Message(headers={}, body=b'{}'); print(asyncio.run(p.post(sys.argv[1], m)).status)"
    )
    async with running(configured(receiver.app, lifespan=False, certificate=made.certificate), listener):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "ignore", "-c", code, f"https://localhost:{port_of(listener)}/hook"),
            env=environment({"SSL_CERT_FILE": str(made.ca_file)}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, errors = await child.communicate()
    assert (said.decode().strip(), receiver.came.is_set()) == ("200", True), errors.decode()
