"""The usual place, and one person's browser with its first tab."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.conftest import npm_package
from tests.contract.hanko.browser.place import Place, running_place, walker

PACKAGES = (
    "@teamhanko/hanko-elements",
    "@teamhanko/hanko-frontend-sdk",
    "hanko-elements-classic",
    "hanko-frontend-sdk-1",
    "hanko-frontend-sdk-classic",
)


@pytest.fixture(autouse=True)
def packages() -> None:
    """Whoever lacks the packages is told so, before a browser starts."""
    for name in PACKAGES:
        npm_package(name)


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Everything as it is delivered: the session comes as a cookie that no script reads."""
    async with running_place(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of one person."""
    async with walker(chromium) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """Its first tab."""
    return await context.new_page()
