"""A small HTTP/1.1 server on a loopback port that does what it is told, well-behaved or not.

It shares no code with the broker and speaks HTTP by hand, so that a test can cut a body short, never answer, send a
bomb, or say what no framework would.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered. `cut`: so many bytes of the body and no more, `drop`: nothing, `hang`: nothing and no end."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: int | None = None
    hang: bool = False
    drop: bool = False


Handler = Callable[[Request], Reply]


class RawServer:
    """Answers by path. A queued fault is used once; a standing one until it is lifted."""

    def __init__(self) -> None:
        self.routes: dict[str, Handler] = {}
        self.requests: list[Request] = []
        self.faults: dict[str, deque[Reply]] = {}
        self.standing: dict[str, Reply] = {}
        self.connections = 0
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fault(self, path: str, reply: Reply) -> None:
        """Answer the next request for this path so."""
        self.faults.setdefault(path, deque()).append(reply)

    def count(self, path: str) -> int:
        return sum(1 for request in self.requests if request.path == path)

    async def start(self) -> None:
        """Listen, on the same port again after `stop`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every connection: the machine is gone."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                reply = self._reply(request)
                if reply.hang:
                    await reader.read()
                    return
                if reply.drop:
                    return
                writer.write(_bytes(reply))
                await writer.drain()
                if reply.cut is not None:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    def _reply(self, request: Request) -> Reply:
        queued = self.faults.get(request.path)
        if queued:
            return queued.popleft()
        if request.path in self.standing:
            return self.standing[request.path]
        handler = self.routes.get(request.path)
        return handler(request) if handler is not None else Reply(status=404, body=b"{}")


@asynccontextmanager
async def running(server: RawServer) -> AsyncIterator[RawServer]:
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    first = await reader.readline()
    if not first:
        return None
    method, target, _ = first.decode("ascii").split(" ")
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, target=target, headers=headers, body=body)


def _bytes(reply: Reply) -> bytes:
    headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
    head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = reply.body if reply.cut is None else reply.body[: reply.cut]
    return head.encode("latin-1") + b"\r\n" + body
