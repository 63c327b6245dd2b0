"""A deployment in a folder of its own: the shipped `config.yaml`, moved to free ports by the environment.

Ports are bound (not listened on) for as long as the house stands, so that nobody else is given them meanwhile: with
SO_REUSEADDR on both sides the command can still listen there.
"""

import json
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.browsers import Browser, Page
from tests.cli.commands import Done, Running, broker, running
from tests.servers import loopback_socket, port_of

SHIPPED = Path(__file__).parents[2] / "config.yaml"
SECRET = "a-secret-of-tests-that-is-long-enough-0"
PORTS = ("public", "admin", "emulator", "app")


@dataclass(frozen=True, kw_only=True)
class House:
    """Where everything is, and the commands as an operator of it would type them."""

    folder: Path
    ports: Mapping[str, int]
    changes: dict[str, str]
    kept: list[socket.socket] = field(repr=False)

    @property
    def url(self) -> str:
        """Of the broker."""
        return f"http://localhost:{self.ports['public']}"

    @property
    def admin_url(self) -> str:
        """Of the admin address."""
        return f"http://localhost:{self.ports['admin']}"

    @property
    def app_url(self) -> str:
        """Of the application."""
        return f"http://localhost:{self.ports['app']}"

    @property
    def emulator_url(self) -> str:
        """Of the emulator."""
        return f"http://localhost:{self.ports['emulator']}"

    @property
    def config(self) -> Path:
        """The file that its commands read."""
        return self.folder / "config.yaml"

    def broker(self, *arguments: str, **changes: str) -> Done:
        """Run a command to its end."""
        return broker(*arguments, folder=self.folder, changes={**self.changes, **changes})

    @contextmanager
    def serving(self, *arguments: str, **changes: str) -> Iterator[Running]:
        """`broker serve` until the block ends."""
        with running(
            "serve", *arguments, folder=self.folder, changes={**self.changes, **changes}, until='"event": "ready"'
        ) as server:
            yield server

    def browser(self) -> Browser:
        """A fresh browser."""
        return Browser(self.url)

    async def sign_in(self, browser: Browser, person: str) -> Page:
        """A whole sign-in; the answer is the callback's."""
        return await browser.sign_in(person, redirect_to=self.app_url + "/")

    async def curl(self, browser: Browser, person: str) -> Page:
        """What `curl -L` does: follow every redirect; answers the last page."""
        page = await browser.start(login_hint=f"auto:{person}", redirect_to=self.app_url + "/")
        while page.location is not None:
            page = await browser.get(page.location)
        return page

    async def signed_in(self, person: str, *, cookie: str = "hanko") -> str:
        """The session token of somebody who just signed in."""
        async with self.browser() as browser:
            page = await self.sign_in(browser, person)
            assert page.location == self.app_url + "/", page
            token = browser.cookie(cookie)
            assert token is not None
            return token

    async def is_valid(self, token: str) -> bool:
        """What `/sessions/validate` says of a bearer."""
        async with self.browser() as browser:
            page = await browser.get("/sessions/validate", Authorization=f"Bearer {token}")
            assert page.status == 200, page
            return bool(json.loads(page.body)["is_valid"])


@contextmanager
def a_house(folder: Path, *, database: str | None = None, **changes: str) -> Iterator[House]:
    """A folder with the shipped configuration; SQLite unless a database is named."""
    kept = [loopback_socket() for _ in PORTS]
    ports = dict(zip(PORTS, map(port_of, kept), strict=True))
    shutil.copyfile(SHIPPED, folder / "config.yaml")
    own = {} if database is None else {"BROKER_DATABASE__URL": database, "BROKER_SECRETS__KEYS": json.dumps([SECRET])}
    try:
        yield House(folder=folder, ports=ports, changes={**_moved(ports), **own, **changes}, kept=kept)
    finally:
        for each in kept:
            each.close()


def _moved(ports: Mapping[str, int]) -> dict[str, str]:
    app = f"http://localhost:{ports['app']}"
    return {
        "BROKER_SERVICE__PUBLIC_URL": f"http://localhost:{ports['public']}",
        "BROKER_SERVICE__EMULATOR_ADDRESS": f"127.0.0.1:{ports['emulator']}",
        "BROKER_SERVER__PUBLIC__ADDRESS": f"127.0.0.1:{ports['public']}",
        "BROKER_SERVER__PUBLIC__CORS__ALLOW_ORIGINS": json.dumps([app]),
        "BROKER_SERVER__ADMIN__ADDRESS": f"127.0.0.1:{ports['admin']}",
        "BROKER_THIRD_PARTY__ERROR_REDIRECT_URL": f"{app}/",
        "BROKER_THIRD_PARTY__ALLOWED_REDIRECT_URLS": json.dumps([f"{app}/**"]),
    }
