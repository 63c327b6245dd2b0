"""A whole broker on loopback, with an emulator behind it: what most tests of behaviour speak HTTP to."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.app import Application
from broker.clock import Clock
from broker.config.load import load_mapping
from broker.config.sections.config import Config
from tests.browsers import Browser
from tests.peers.microsoft import MicrosoftPeer
from tests.servers import loopback_socket, port_of, serving

APP = "http://localhost:8888/"
"""The application that browsers come from; nothing needs to answer there."""


@dataclass(frozen=True, kw_only=True)
class RunningBroker:
    """Addresses, and the application itself for what cannot be seen from outside."""

    url: str
    admin_url: str
    application: Application
    config: Config

    def browser(self) -> Browser:
        """A fresh browser, with a cookie jar of its own."""
        return Browser(self.url)


def settings(
    *, public_url: str, emulator: MicrosoftPeer | None, database: str, changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A configuration as YAML would give it; `changes` are dotted keys."""
    emulator_port = emulator.base_url.rpartition(":")[2] if emulator else "8400"
    tree: dict[str, Any] = {
        "service": {
            "environment": "staging",
            "public_url": public_url,
            "emulator_address": f"127.0.0.1:{emulator_port}",
        },
        "server": {"public": {"cors": {"allow_origins": ["http://localhost:8888"]}}},
        "database": {"url": database},
        "secrets": {"keys": ["a-secret-of-tests-that-is-long-enough-0"]},
        "third_party": {
            "error_redirect_url": "http://localhost:8888/error",
            "allowed_redirect_urls": ["http://localhost:8888/**"],
        },
    }
    for key, value in (changes or {}).items():
        *path, last = key.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return tree


@asynccontextmanager
async def running_broker(
    *,
    base_dir: Path,
    emulator: MicrosoftPeer | None = None,
    database: str = "sqlite:///broker.db",
    changes: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[RunningBroker]:
    """A broker until the block ends."""
    async with AsyncExitStack() as stack:
        public, admin = loopback_socket(), loopback_socket()
        url, admin_url = f"http://localhost:{port_of(public)}", f"http://localhost:{port_of(admin)}"
        tree = settings(public_url=url, emulator=emulator, database=database, changes=changes)
        config = load_mapping(tree, {}, name="test").config
        application = await Application.open(config, base_dir=base_dir, clock=clock)
        stack.push_async_callback(application.close)
        await stack.enter_async_context(serving(application.public, public))
        await stack.enter_async_context(serving(application.admin, admin))
        yield RunningBroker(url=url, admin_url=admin_url, application=application, config=config)
