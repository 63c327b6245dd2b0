"""One house and one visitor for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.e2e.house import House, running_house, visitor


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Broker, emulator and demo as they are delivered: the session comes as a cookie."""
    async with running_house(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of one person."""
    async with visitor(chromium) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """Its first tab."""
    return await context.new_page()
