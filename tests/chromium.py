"""The Chromium of this machine, and the tests that look through it.

It starts once for each process of pytest: a start costs more than most walks do, and a browser context is a person's
browser of its own anyway. It belongs to one event loop, so that its tests share one, and their fixtures with them:
`IN_BROWSER` marks the tests, `@pytest_asyncio.fixture(loop_scope="session")` what they ask for.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

expect.set_options(timeout=15_000)  # milliseconds; a machine may have more to do than this
IN_BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Without a window, and without any host but this one. Mark its users `IN_BROWSER`."""
    async with _launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def strict_chromium() -> AsyncIterator[Browser]:
    """The same, and it blocks third-party cookies, as most browsers do."""
    async with _launched("--test-third-party-cookie-phaseout") as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def subdomain_chromium() -> AsyncIterator[Browser]:
    """The same again, and every name below example.test is this machine."""
    rules = "MAP *.example.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
    async with _launched("--test-third-party-cookie-phaseout", f"--host-resolver-rules={rules}") as browser:
        yield browser


@asynccontextmanager
async def _launched(*further: str) -> AsyncIterator[Browser]:
    executable = os.environ.get("BROKER_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium here; install it, or name one in BROKER_TEST_CHROMIUM")
    arguments = [
        *("--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        *further,
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        await browser.close()
