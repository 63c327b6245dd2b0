"""A broker that is fake and a demo that is real, each on a port of its own."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from broker.demo.app import create_app
from tests.demo.fake_broker import AUDIENCE, FakeBroker, Key
from tests.servers import loopback_socket, port_of, serving


def bound() -> tuple[socket.socket, str]:
    """A socket on loopback, and its address as a browser spells it."""
    listener = loopback_socket()
    return listener, f"http://localhost:{port_of(listener)}"


@asynccontextmanager
async def running_fake_broker(key: Key) -> AsyncIterator[FakeBroker]:
    """Until the block ends; its session tokens are signed with the key."""
    listener, url = bound()
    broker = FakeBroker(url=url, key=key, published=[key])
    runner = web.AppRunner(broker.application(), shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield broker
    await runner.cleanup()


@asynccontextmanager
async def running_demo(broker: FakeBroker) -> AsyncIterator[str]:
    """The demo application in front of this broker, until the block ends: its address, without a slash at its end."""
    listener, url = bound()
    broker.app_origin = url
    app = create_app(broker_url=broker.url, app_url=url, audience=AUDIENCE, issuer=broker.url)
    async with serving(app, listener, lifespan=True):
        yield url
