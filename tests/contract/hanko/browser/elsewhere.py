"""The application on another site than the broker, both by https: what browsers that block third-party cookies see.

`localhost` and 127.0.0.1 are two sites for a browser.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from broker.app import Application
from broker.cli.local_authority import local_certificate
from broker.config.load import load_mapping
from broker.emulator.app import create_app as create_emulator
from broker.errors import NotAuthenticated
from tests.contract.hanko.browser.pages import ELEMENTS, pages
from tests.e2e.house import see_off_visitors
from tests.servers import configured, loopback_socket, port_of, running


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The addresses, each without a slash at its end."""

    broker: str
    app: str
    application: Application

    def bare(self, tags: str = "", *, bundle: str = ELEMENTS) -> str:
        """The address of a page that is made of a bundle and nothing else."""
        return f"{self.app}/with/{bundle}/{tags}"

    async def is_valid(self, token: str) -> bool:
        """Whether the broker takes this session token, whoever brings it."""
        try:
            await self.application.broker.sessions.check(token)
        except NotAuthenticated:
            return False
        return True


@asynccontextmanager
async def running_elsewhere(base_dir: Path, session: Mapping[str, Any]) -> AsyncIterator[Elsewhere]:
    """Until the block ends; `session` is that section of the configuration."""
    made = local_certificate(base_dir / "tls")
    pem = {"cert": str(made.certificate), "key": str(made.certificate)}
    async with AsyncExitStack() as stack:
        listeners = [stack.enter_context(loopback_socket()) for _ in range(3)]
        ports = [port_of(listener) for listener in listeners]
        broker, app, emulator = f"https://localhost:{ports[0]}", f"https://127.0.0.1:{ports[1]}", ports[2]
        tree = {
            "service": {
                "environment": "staging",
                "public_url": broker,
                "emulator_address": f"127.0.0.1:{emulator}",
                "emulator_tls": pem,
            },
            "server": {"public": {"cors": {"allow_origins": [app]}}},
            "database": {"url": "sqlite:///broker.db"},
            "third_party": {
                "error_redirect_url": f"{app}/",
                "allowed_redirect_urls": [f"{app}/**"],
                "providers": {"microsoft": {"ca_file": str(made.ca_file)}},
            },
            "session": {"jwt": {"algorithm": "ES256"}, **session},
        }
        config = load_mapping(tree, {}, name="test").config
        application = await Application.open(config, base_dir=base_dir)
        stack.push_async_callback(application.close)
        microsoft = create_emulator(
            base_url=f"https://localhost:{emulator}", control=False, redirect_uris=[config.callback_url]
        )
        apps: list[tuple[ASGIApp, bool]] = [(application.public, False), (pages(broker), False), (microsoft, True)]
        for (served, lifespan), listener in zip(apps, listeners, strict=True):
            by_https = configured(served, lifespan=lifespan, certificate=made.certificate)
            await stack.enter_async_context(running(by_https, listener))
        stack.push_async_callback(see_off_visitors)
        yield Elsewhere(broker=broker, app=app, application=application)
