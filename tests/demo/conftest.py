"""A broker that is fake, a demo that is real, and HTTP between them, each on a port of its own."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.demo.fake_broker import FakeBroker, Key, new_key
from tests.demo.running import running_demo, running_fake_broker


@pytest.fixture(scope="session")
def signing_key() -> Key:
    return new_key("first")


@pytest.fixture(scope="session")
def strangers_key() -> Key:
    return new_key("first")


@pytest.fixture
async def broker(signing_key: Key) -> AsyncIterator[FakeBroker]:
    async with running_fake_broker(signing_key) as running:
        yield running


@pytest.fixture
async def demo(broker: FakeBroker) -> AsyncIterator[str]:
    """The address of the demo application, without a slash at its end."""
    async with running_demo(broker) as url:
        yield url


@pytest.fixture
async def http(demo: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the demo without a cookie jar: each test says itself what is sent."""
    async with aiohttp.ClientSession(demo, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
