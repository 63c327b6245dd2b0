"""Where authkit-js is walked through: a broker, Microsoft's emulator, and a registered application with its pages."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page
from starlette.types import ASGIApp

from broker.app import Application
from broker.cli.local_authority import local_certificate
from broker.clock import Clock
from broker.config.load import load_mapping
from broker.emulator.app import create_app as create_emulator
from tests.contract.workos.applications import application, served
from tests.contract.workos.browser.pages import COOKIE, PATHS, pages
from tests.e2e.house import pick, see_off_visitors
from tests.servers import configured, loopback_socket, port_of, running


@dataclass(frozen=True, kw_only=True)
class Place:
    """The addresses, each without a slash at its end."""

    broker: str
    app: str
    application: Application

    def page(self, mode: str = COOKIE, bundle: str = "newest") -> str:
        """The address of a page with the SDK."""
        return f"{self.app}/{bundle}/{mode}/"

    async def sessions(self) -> int:
        """How many sessions there are."""
        broker = self.application.broker
        return sum([len(await broker.sessions.list_of(profile.user.id)) for profile in await broker.users.list()])


@asynccontextmanager
async def running_place(
    base_dir: Path, *, clock: Clock | None = None, other_site: bool = False, **registered: Any
) -> AsyncIterator[Place]:
    """Until the block ends: by http, all on one site; or by https, the application on another site than the broker.

    `localhost` and 127.0.0.1 are two sites for a browser. `registered` changes the application's section.
    """
    made = local_certificate(base_dir / "tls") if other_site else None
    scheme, host = ("https", "127.0.0.1") if made else ("http", "localhost")
    async with AsyncExitStack() as stack:
        listeners = [stack.enter_context(loopback_socket()) for _ in range(3)]
        ports = [port_of(listener) for listener in listeners]
        broker, app = f"{scheme}://localhost:{ports[0]}", f"{scheme}://{host}:{ports[1]}"
        tls: dict[str, Any] = {}
        if made:
            pem = {"cert": str(made.certificate), "key": str(made.certificate)}
            tls = {"service": {"emulator_tls": pem}, "microsoft": {"ca_file": str(made.ca_file)}}
        config = load_mapping(_settings(broker, app, ports[2], tls, registered), {}, name="test").config
        served_here = await Application.open(config, base_dir=base_dir, clock=clock)
        stack.push_async_callback(served_here.close)
        emulator_url = f"{scheme}://localhost:{ports[2]}"
        microsoft = create_emulator(base_url=emulator_url, control=False, redirect_uris=[config.callback_url])
        apps: list[tuple[ASGIApp, bool]] = [(served_here.public, False), (pages(broker), False), (microsoft, True)]
        for (one, lifespan), listener in zip(apps, listeners, strict=True):
            server = configured(one, lifespan=lifespan, certificate=made.certificate if made else None)
            await stack.enter_async_context(running(server, listener))
        stack.push_async_callback(see_off_visitors)
        yield Place(broker=broker, app=app, application=served_here)


def _settings(
    broker: str, app: str, emulator_port: int, tls: Mapping[str, Any], registered: Mapping[str, Any]
) -> dict[str, Any]:
    urls = [f"{app}{path}" for path in PATHS]
    mine = {
        "redirect_uris": urls,
        "default_redirect_uri": urls[0],
        "sign_out_redirects": [f"{app}/signed-out"],
        "allowed_origins": [app],
        **registered,
    }
    emulator = {"emulator_address": f"127.0.0.1:{emulator_port}", **tls.get("service", {})}
    return {
        "service": {"environment": "staging", "public_url": broker, **emulator},
        "database": {"url": "sqlite:///broker.db"},
        "secrets": {"keys": ["a-secret-of-tests-that-is-long-enough-0"]},
        "third_party": {
            "error_redirect_url": f"{app}/error",
            "allowed_redirect_urls": [f"{app}/**"],
            "providers": {"microsoft": tls.get("microsoft", {})},
        },
        "workos": served(application(**mine))["workos"],
    }


async def opened(page: Page, url: str) -> None:
    """Load a page, until its client is there."""
    await page.goto(url)
    await ready(page)


async def ready(page: Page) -> None:
    """Wait for the page's client: it has looked by then whether somebody is signed in."""
    await page.wait_for_function("window.client !== undefined")


async def sign_in(page: Page, url: str, *, by: str = "signIn") -> None:
    """From the page to Microsoft and back, until the page knows who is there."""
    await opened(page, url)
    await page.evaluate(f"void client.{by}({{state: {{came: 'from here'}}}})")
    await pick(page, "Alice Alder")
    await page.wait_for_url(url)
    await page.wait_for_function("window.client?.getUser()")


async def who(page: Page) -> str | None:
    """The address of who is signed in, says the page's client."""
    found: str | None = await page.evaluate("client.getUser()?.email ?? null")
    return found


async def forced(page: Page) -> str:
    """The name of the error that a refresh ended with; empty where it went well."""
    name: str = await page.evaluate(
        "client.getAccessToken({forceRefresh: true}).then(() => '', error => error.constructor.name)"
    )
    return name
