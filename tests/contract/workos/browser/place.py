"""Where authkit-js is walked through: a broker, Microsoft's emulator, and a registered application with its pages."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.async_api import Page
from starlette.types import ASGIApp

from broker.app import Application
from broker.cli.local_authority import LocalCertificate, local_certificate
from broker.clock import Clock
from broker.config.load import load_mapping
from broker.emulator.app import create_app as create_emulator
from broker.emulator.registrations import Secret
from tests.contract.workos.applications import application, served
from tests.contract.workos.browser.pages import COOKIE, PATHS, pages
from tests.e2e.house import pick, see_off_visitors
from tests.first_starts import started_before
from tests.peers.microsoft import FIRST_CLIENT
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


@dataclass(frozen=True, kw_only=True)
class Site:
    """The hosts of broker and application. `by_https`: two hosts, or two sites, are nothing for plain http."""

    broker: str
    app: str
    by_https: bool = True


OWN, OWN_SECRET = "0a11ce00-0000-4000-8000-00000000000a", "a~secret~of~one's~own"
ONE_HOST = Site(broker="localhost", app="localhost", by_https=False)
TWO_SITES = Site(broker="localhost", app="127.0.0.1")
ONE_DOMAIN = Site(broker="auth.example.test", app="app.example.test")


@asynccontextmanager
async def running_place(
    base_dir: Path, *, clock: Clock | None = None, site: Site = ONE_HOST, **registered: Any
) -> AsyncIterator[Place]:
    """Until the block ends; `registered` changes the application's section."""
    made = local_certificate(base_dir / "tls") if site.by_https else None
    scheme = "https" if made else "http"
    async with AsyncExitStack() as stack:
        listeners = [stack.enter_context(loopback_socket()) for _ in range(3)]
        ports = [port_of(listener) for listener in listeners]
        broker, app = f"{scheme}://{site.broker}:{ports[0]}", f"{scheme}://{site.app}:{ports[1]}"
        microsoft = _stand_in(ports[2], made) if site.broker == "localhost" else _own_registration(ports[2], made)
        config = load_mapping(_settings(broker, app, microsoft, registered), {}, name="test").config
        await stack.enter_async_context(started_before(config, base_dir, clock))
        served_here = await Application.open(config, base_dir=base_dir, clock=clock)
        stack.push_async_callback(served_here.close)
        emulator = create_emulator(
            base_url=f"{scheme}://localhost:{ports[2]}", control=False, redirect_uris=[config.callback_url]
        )
        known = emulator.state.emulator.registrations
        known[OWN] = replace(known[FIRST_CLIENT], client_id=OWN, secrets=(Secret(value=OWN_SECRET),))
        apps: list[tuple[ASGIApp, bool]] = [(served_here.public, False), (pages(broker), False), (emulator, True)]
        for (one, lifespan), listener in zip(apps, listeners, strict=True):
            server = configured(one, lifespan=lifespan, certificate=made.certificate if made else None)
            await stack.enter_async_context(running(server, listener))
        stack.push_async_callback(see_off_visitors)
        yield Place(broker=broker, app=app, application=served_here)


def _stand_in(port: int, made: LocalCertificate | None) -> dict[str, Any]:
    """The emulator as the default credentials, where the broker is on loopback."""
    service: dict[str, Any] = {"emulator_address": f"127.0.0.1:{port}"}
    if made is None:
        return {"service": service, "microsoft": {}}
    service["emulator_tls"] = {"cert": str(made.certificate), "key": str(made.certificate)}
    return {"service": service, "microsoft": {"ca_file": str(made.ca_file)}}


def _own_registration(port: int, made: LocalCertificate | None) -> dict[str, Any]:
    """A registration of one's own, for a broker that is on no loopback: none of the emulator's may serve it."""
    assert made is not None
    authority = {"cloud": "custom", "authority": f"https://localhost:{port}", "ca_file": str(made.ca_file)}
    return {"service": {}, "microsoft": {"client_id": OWN, "secret": OWN_SECRET, **authority}}


def _settings(broker: str, app: str, microsoft: Mapping[str, Any], registered: Mapping[str, Any]) -> dict[str, Any]:
    urls = [f"{app}{path}" for path in PATHS]
    mine = {
        "redirect_uris": urls,
        "default_redirect_uri": urls[0],
        "sign_out_redirects": [f"{app}/signed-out"],
        "allowed_origins": [app],
        **registered,
    }
    return {
        "service": {"environment": "staging", "public_url": broker, **microsoft["service"]},
        "database": {"url": "sqlite:///broker.db"},
        "secrets": {"keys": ["a-secret-of-tests-that-is-long-enough-0"]},
        "third_party": {
            "error_redirect_url": f"{app}/error",
            "allowed_redirect_urls": [f"{app}/**"],
            "providers": {"microsoft": microsoft["microsoft"]},
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
