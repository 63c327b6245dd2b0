"""uvicorn's HTTP/1.1 protocol with bounds that it lacks: on headers, on silence, on connections.

Without them one stranger fills the memory with a header that never ends, and a few hundred who say nothing use up the
sockets of everything in this process. No route, host rule or rate limit is reached by then, so it is done here.
"""

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from broker.telemetry.logging import get_logger

MOST_HEADER_BYTES = 32 * 1024
MOST_HEADERS = 100
HEAD_SECONDS = 10.0
"""How long a request line with its headers may take, from its first byte or the connection."""
GOODBYE_SECONDS = 0.5
"""How long an idle client may take to agree that the connection ends."""
RESERVED_FILES = 128
"""Of the files that this process may open: for the store, the providers and the other listeners."""
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def most_connections() -> int:
    """As many as the limit of open files leaves for people."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 10_000 if soft == resource.RLIM_INFINITY else max(16, min(10_000, soft - RESERVED_FILES))


class BoundedHttp(HttpToolsProtocol):
    """One connection. `most_connections` is for the listener that it belongs to."""

    most_connections = 256
    head_seconds = HEAD_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = True
        self._refused = False
        self._fed = 0
        self._header_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            get_logger().warning("too many connections at once: closing new ones", most=self.most_connections)
            self._refused = True
            transport.abort()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Begin the end. Over TLS the other side is asked to say goodbye, and an idle one might never do."""
        super().shutdown()
        if self.transport.is_closing():
            self._stop_waiting()
            self._timer = self.loop.call_later(GOODBYE_SECONDS, self._leave)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and count what it keeps until the headers are complete."""
        if self._refused:
            return
        if self._in_head:
            self._fed += len(data)
            self._wait_for_head()
        super().data_received(data)
        if self._in_head and self._fed > MOST_HEADER_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        """A new request."""
        super().on_message_begin()
        self._header_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; beyond the bounds none is kept."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes <= MOST_HEADER_BYTES and len(self.headers) < MOST_HEADERS:
            super().on_header(name, value)
        else:
            self._header_bytes = MOST_HEADER_BYTES + 1

    def on_headers_complete(self) -> None:
        """Serve the request, or refuse it."""
        self._in_head = False
        self._fed = 0
        self._stop_waiting()
        if self._header_bytes + len(self.url) > MOST_HEADER_BYTES:
            self._refuse()
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of a body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The next bytes are another request's head."""
        self._in_head = True
        if not self._refused:
            super().on_message_complete()

    def _refuse(self) -> None:
        if not self._refused:
            self._refused = True
            self._stop_waiting()
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _wait_for_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        self._timer = None
        if self.transport.get_write_buffer_size() == 0:
            self.transport.abort()

    def _hang_up(self) -> None:
        self._timer = None
        self._refused = True
        self.transport.abort()
