"""The bounds on a connection, spoken to over a raw socket; what is within them is served as before."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from broker.cli.bounded_http import MOST_HEADER_BYTES, MOST_HEADERS, BoundedHttp
from broker.cli.local_authority import local_certificate
from tests.servers import loopback_socket, port_of, running


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how many headers and how many bytes of body it got."""
    request = Request(scope, receive)
    body = await request.body()
    await PlainTextResponse(f"{len(request.headers)} {len(body)}")(scope, receive, send)


class Impatient(BoundedHttp):
    most_connections = 3
    head_seconds = 0.2


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = loopback_socket()
    config = uvicorn.Config(echo, http=Impatient, ws="none", lifespan="off", log_config=None, interface="asgi3")
    async with running(config, listener):
        yield port_of(listener)


async def said(port: int, *parts: bytes) -> bytes:
    """What the server answers to these bytes until it closes, or until an answer of ten bytes is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read(4096)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def request(*headers: bytes, body: bytes = b"") -> bytes:
    lines = [b"POST / HTTP/1.1", b"host: a", b"connection: close", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def test_a_request_within_the_bounds_is_served(port: int) -> None:
    answer = await said(port, request(b"x: " + b"a" * 20_000, body=b"b" * 60_000))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"4 60000" in answer


async def test_headers_beyond_32_kib_are_refused_before_they_are_kept(port: int) -> None:
    assert (await said(port, request(b"x: " + b"a" * MOST_HEADER_BYTES))).startswith(b"HTTP/1.1 431")


async def test_a_header_that_never_ends_is_refused_when_it_passes_the_bound(port: int) -> None:
    answer = await said(port, b"GET / HTTP/1.1\r\nhost: a\r\nx: ", *[b"a" * 8192] * 8)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431")


async def test_a_request_line_that_never_ends_is_refused(port: int) -> None:
    answer = await said(port, b"GET /", *[b"a" * 8192] * 8)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431")


async def test_more_headers_than_a_hundred_are_refused(port: int) -> None:
    assert (await said(port, request(*[b"a: b"] * MOST_HEADERS))).startswith(b"HTTP/1.1 431")


async def test_a_connection_that_sends_no_whole_header_in_time_is_closed(port: int) -> None:
    for beginning in (b"", b"GET / HTTP/1.1\r\nhost: a\r\n"):
        assert await said(port, beginning) == b""


async def test_beyond_the_most_connections_new_ones_are_closed_and_old_ones_served(port: int) -> None:
    open_ones = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    for reader, writer in open_ones:
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
    assert await said(port, request()) == b""
    for _, writer in open_ones:
        writer.close()


async def test_two_requests_on_one_connection_are_each_counted_for_themselves(port: int) -> None:
    long = b"x: " + b"a" * 20_000
    one = b"GET / HTTP/1.1\r\nhost: a\r\n" + long + b"\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(one)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readuntil(b"2 0")
    writer.close()


def asked_once(port: int, ca_file: Path) -> ssl.SSLSocket:
    """A client that was answered, keeps its connection, and looks at nothing that comes afterwards."""
    connected = socket.create_connection(("127.0.0.1", port))
    client = ssl.create_default_context(cafile=str(ca_file)).wrap_socket(connected, server_hostname="localhost")
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.recv(4096).startswith(b"HTTP/1.1 200")
    return client


async def test_the_end_does_not_wait_for_who_says_no_goodbye(tmp_path: Path) -> None:
    """Over TLS an idle client would hold the server until its patience is over, which is a minute here."""
    certificate, listener = local_certificate(tmp_path), loopback_socket()
    config = uvicorn.Config(
        echo, http=BoundedHttp, ws="none", lifespan="off", log_config=None, interface="asgi3",
        timeout_graceful_shutdown=60, ssl_certfile=str(certificate.certificate),
    )  # fmt: skip
    async with asyncio.timeout(20):
        async with running(config, listener):
            client = await asyncio.to_thread(asked_once, port_of(listener), certificate.ca_file)
    client.close()
