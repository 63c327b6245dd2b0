"""A broker that is fake, a demo that is real, and HTTP between them, each on a port of its own."""

import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from broker.demo.app import create_app
from tests.demo.fake_broker import AUDIENCE, FakeBroker, Key, new_key
from tests.servers import loopback_socket, port_of, serving


def bound() -> tuple[socket.socket, str]:
    """A socket on loopback, and its address as a browser spells it."""
    listener = loopback_socket()
    return listener, f"http://localhost:{port_of(listener)}"


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
    async with serving(app, listener, lifespan=True):
        yield url


@pytest.fixture
async def http(demo: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the demo without a cookie jar: each test says itself what is sent."""
    async with aiohttp.ClientSession(demo, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
