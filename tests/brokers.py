"""A whole broker on loopback, with an emulator behind it: what most tests of behaviour speak HTTP to."""

import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.app import Application
from broker.clock import Clock
from broker.config.load import load_mapping
from broker.config.sections.config import Config
from tests.browsers import Browser
from tests.first_starts import DATABASE, started_before
from tests.peers.microsoft import MicrosoftPeer
from tests.servers import loopback_socket, port_of, serving

APP = "http://localhost:8888/"
"""The application that browsers come from; nothing needs to answer there."""


@dataclass(frozen=True, kw_only=True)
class RunningBroker:
    """Addresses, and the application itself for what cannot be seen from outside.

    `url` is how browsers see it; `reach` is where it listens, if that is not the same.
    """

    url: str
    admin_url: str
    application: Application
    config: Config
    settings: Mapping[str, Any] = field(repr=False)
    reach: str | None = None

    def browser(self) -> Browser:
        """A fresh browser, with a cookie jar of its own."""
        return Browser(self.url, reach=self.reach)

    async def reload(self, changes: Mapping[str, Any]) -> None:
        """What an operator does with an edited file and SIGHUP; `changes` are dotted keys."""
        await self.application.reload(load_mapping(_changed(self.settings, changes), {}, name="test").config)


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
    return _changed(tree, changes or {})


@asynccontextmanager
async def running_broker(
    *,
    base_dir: Path,
    emulator: MicrosoftPeer | None = None,
    database: str = DATABASE,
    changes: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    public_url: str | None = None,
) -> AsyncIterator[RunningBroker]:
    """A broker until the block ends. With a `public_url` it is one behind a proxy: its browsers play the proxy."""
    async with AsyncExitStack() as stack:
        public, admin = stack.enter_context(loopback_socket()), stack.enter_context(loopback_socket())
        reach, admin_url = f"http://localhost:{port_of(public)}", f"http://localhost:{port_of(admin)}"
        url = public_url or reach
        tree = settings(public_url=url, emulator=emulator, database=database, changes=changes)
        config = load_mapping(tree, {}, name="test").config
        await stack.enter_async_context(started_before(config, base_dir, clock))
        application = await Application.open(config, base_dir=base_dir, clock=clock)
        stack.push_async_callback(application.close)
        await stack.enter_async_context(serving(application.public, public))
        await stack.enter_async_context(serving(application.admin, admin))
        yield RunningBroker(
            url=url,
            admin_url=admin_url,
            application=application,
            config=config,
            settings=tree,
            reach=None if url == reach else reach,
        )


def _changed(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(dict(tree))
    for key, value in changes.items():
        *path, last = key.split(".")
        node = changed
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return changed
