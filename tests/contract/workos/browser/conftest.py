"""The browser of one person, for the walks through authkit-js."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.conftest import npm_package
from tests.contract.hanko.browser.place import walker
from tests.contract.workos.browser.pages import BEFORE, NEWEST
from tests.contract.workos.browser.place import Place, running_place


@pytest.fixture(autouse=True)
def packages() -> None:
    """Whoever lacks the packages is told so, before a browser starts."""
    for name in (NEWEST, BEFORE):
        npm_package(name)


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running_place(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    async with walker(chromium) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """Its first tab."""
    return await context.new_page()
