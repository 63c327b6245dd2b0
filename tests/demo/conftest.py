"""A broker that is fake, a demo that is real, and HTTP between them, each on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from broker.demo.app import create_app
from tests.demo.fake_broker import AUDIENCE, FakeBroker, Key, new_key


class _Server(uvicorn.Server):
    """uvicorn that says when it is listening, and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(app: Any, listener: socket.socket) -> AsyncIterator[None]:
    """Run an ASGI application on a socket that is already bound."""
    server = _Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    listening = asyncio.create_task(server.listening.wait())
    await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        listening.cancel()
        server.should_exit = True
        await running


def bound() -> tuple[socket.socket, str]:
    """A listening socket on loopback, and its address as a browser spells it."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://localhost:{listener.getsockname()[1]}"


@pytest.fixture(scope="session")
def signing_key() -> Key:
    return new_key("first")


@pytest.fixture(scope="session")
def strangers_key() -> Key:
    return new_key("first")


@pytest.fixture
async def broker(signing_key: Key) -> AsyncIterator[FakeBroker]:
    listener, url = bound()
    broker = FakeBroker(url=url, key=signing_key, published=[signing_key])
    runner = web.AppRunner(broker.application(), shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield broker
    await runner.cleanup()


@pytest.fixture
async def demo(broker: FakeBroker) -> AsyncIterator[str]:
    """The address of the demo application, without a slash at its end."""
    listener, url = bound()
    broker.app_origin = url
    app = create_app(broker_url=broker.url, app_url=url, audience=AUDIENCE, issuer=broker.url)
    async with serving(app, listener):
        yield url


@pytest.fixture
async def http(demo: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the demo without a cookie jar: each test says itself what is sent."""
    async with aiohttp.ClientSession(demo, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
