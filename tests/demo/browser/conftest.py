"""The same two, in the event loop of the browser."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.demo.fake_broker import FakeBroker, Key
from tests.demo.running import running_demo, running_fake_broker


@pytest_asyncio.fixture(loop_scope="session")
async def broker(signing_key: Key) -> AsyncIterator[FakeBroker]:
    async with running_fake_broker(signing_key) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def demo(broker: FakeBroker) -> AsyncIterator[str]:
    """The address of the demo application, without a slash at its end."""
    async with running_demo(broker) as url:
        yield url
