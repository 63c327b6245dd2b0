"""A real server in the test's own event loop: any ASGI app under uvicorn, on a loopback port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from broker.cli.bounded_http import BoundedHttp


class _Server(uvicorn.Server):
    """A server that says when it listens, ends when told and not at a tick, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which sleeps a tenth of a second before it looks: thousands of servers end in one run."""
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  uvicorn has no event
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel("the test is over")
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def loopback_socket(port: int = 0) -> socket.socket:
    """A socket bound to this port, or to a free one; what it serves can be named before it is built."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves TCP_NODELAY off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def port_of(listener: socket.socket) -> int:
    """The port it is bound to."""
    port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket, *, lifespan: bool = False) -> AsyncIterator[None]:
    """Serve until the block ends; `lifespan` for an app that opens something when it starts."""
    async with running(configured(app, lifespan=lifespan), listener):
        yield


def configured(app: ASGIApp, *, lifespan: bool, certificate: Path | None = None) -> uvicorn.Config:
    """As `broker` configures its own servers; by https with a file of certificate and key."""
    return uvicorn.Config(
        app,
        interface="asgi3",
        log_config=None,
        access_log=False,
        http=BoundedHttp,
        ws="none",
        lifespan="on" if lifespan else "off",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
    )


@asynccontextmanager
async def running(config: uvicorn.Config, listener: socket.socket) -> AsyncIterator[None]:
    """Run a server of this configuration until the block ends."""
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.listening.wait()
    try:
        yield
    finally:
        server.ending.set()
        await task
