"""`broker dev`: the whole thing offline, on loopback only: broker, Microsoft emulator, demo application, SQLite."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.commands import app
from broker.cli.output import fail, told

if TYPE_CHECKING:
    from socket import socket

    from broker.config.load import LoadedConfig
    from broker.config.sections.database import DatabaseSection

FOLDER = Path(".broker-dev")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where each of the four listens."""

    public: int
    admin: int
    emulator: int
    app: int

    @property
    def public_url(self) -> str:
        """The broker's."""
        return f"http://localhost:{self.public}"

    @property
    def app_url(self) -> str:
        """The demo application's."""
        return f"http://localhost:{self.app}"

    @property
    def emulator_url(self) -> str:
        """The emulator's."""
        return f"http://localhost:{self.emulator}"


Port = Annotated[int, typer.Option(min=1, max=65535)]


@app.command()
def dev(
    port: Port = 8000,
    admin_port: Port = 8001,
    emulator_port: Port = 8400,
    app_port: Port = 8888,
    database: Annotated[str | None, typer.Option("--database", help="A postgresql:// or sqlite:/// URL.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", readable=False, help="Start from this file; URL, database and provider are ours."
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the demo in a browser.")] = False,
) -> None:
    """Run broker, emulator and demo on this machine; Ctrl-C ends all. Example: broker dev --open"""
    from broker.cli.listeners import AddressTaken, run
    from broker.foundation import set_up_logging

    ports = Ports(public=port, admin=admin_port, emulator=emulator_port, app=app_port)
    with told():
        loaded = _configuration(ports, database, config)
        set_up_logging(loaded.config.log)
        try:
            sockets = _bind(ports)
        except AddressTaken as error:
            fail(str(error))
        commands = None if config is not None else _write_configuration(_overridden(ports, database, config))
        run(_serve(loaded, ports, sockets, open_browser=open_browser, commands=commands))


def _configuration(ports: Ports, database: str | None, config: Path | None) -> "LoadedConfig":
    from broker.config.load import load, load_mapping
    from broker.foundation import PARTS

    try:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        fail(f"the folder {FOLDER} cannot be made here: {error.strerror}")
    overrides = _overridden(ports, database, config)
    if config is not None:
        typer.echo(f"{config} is read, except for what `broker dev` decides: {', '.join(overrides)}")
        return load(config, os.environ, overrides=overrides, overridden_by="broker dev", parts=PARTS)
    environ: Mapping[str, str] = {}
    return load_mapping(_tree(overrides), environ, name="broker dev", base_dir=FOLDER.absolute(), parts=PARTS)


def _overridden(ports: Ports, database: str | None, config: Path | None) -> dict[str, Any]:
    from broker.secret_file import read_or_create

    overrides = _overrides(ports, _database_url(database))
    if config is None or database is None:
        # A secret belongs to the database that it seals; with a file and a database of one's own it is the file's.
        on_sqlite = database is None or database.startswith("sqlite:")
        overrides["secrets.keys"] = [] if on_sqlite else [read_or_create(FOLDER / "broker.secret")[0]]
    return overrides


def _write_configuration(overrides: Mapping[str, Any]) -> Path:
    """What is in force, as a file, so that the other commands find the same database; for its owner only."""
    path = FOLDER / "config.yaml"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("# Written by `broker dev` at each start.\n" + json.dumps(_tree(overrides), indent=2) + "\n")
    return path


def _database_url(database: str | None) -> str:
    """Ours, or the one that was named; a file is relative to where we are, as everything on a command line."""
    form, _, path = (database or f"sqlite:///{FOLDER / 'broker.db'}").partition("sqlite:///")
    return f"sqlite:///{Path(path).absolute()}" if path and not form else database or ""


def _overrides(ports: Ports, database: str) -> dict[str, Any]:
    """Whatever in a file for elsewhere would keep people from signing in here, or let others than this machine in."""
    return {
        "service.environment": "staging",
        "service.public_url": ports.public_url,
        "service.emulator_address": f"127.0.0.1:{ports.emulator}",
        "server.public.address": f"127.0.0.1:{ports.public}",
        "server.public.cors.allow_origins": [ports.app_url],
        "server.public.tls": {},
        "server.admin.address": f"127.0.0.1:{ports.admin}",
        "server.admin.hosts": [],
        "server.hosts": [],
        "server.trusted_proxies": [],
        "database.url": database,
        "database.migrate": True,
        "third_party.redirect_url": None,
        "third_party.error_redirect_url": f"{ports.app_url}/",
        "third_party.default_redirect_url": f"{ports.app_url}/",
        "third_party.allowed_redirect_urls": [f"{ports.app_url}/**"],
        "third_party.providers.microsoft": {},
        "third_party.custom_providers": {},
        "session.issuer": None,
        "session.audience": [],
        "session.cookie.domain": None,
        "session.cookie.secure": False,
        "session.cookie.same_site": "lax",
        "session.jwt.algorithm": "RS256",
    }


def _tree(overrides: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in overrides.items():
        *path, last = key.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return tree


def _bind(ports: Ports) -> dict[str, "socket"]:
    from broker.cli.listeners import bind
    from broker.config.sections.address import Address

    wanted = {
        "broker": (ports.public, "--port"),
        "admin": (ports.admin, "--admin-port"),
        "emulator": (ports.emulator, "--emulator-port"),
        "demo": (ports.app, "--app-port"),
    }
    return {
        what: bind(Address(host="127.0.0.1", port=port), what=what, choose=f"choose another with {option}")
        for what, (port, option) in wanted.items()
    }


async def _serve(
    loaded: "LoadedConfig", ports: Ports, sockets: dict[str, "socket"], *, open_browser: bool, commands: Path | None
) -> None:
    from broker.app import Application
    from broker.cli.listeners import Listener, Signals, serve
    from broker.demo.app import create_app as create_demo
    from broker.emulator.app import create_app as create_emulator

    application = await Application.open(loaded.config, base_dir=loaded.base_dir)
    emulated = create_emulator(base_url=ports.emulator_url, control=True)
    demonstration = create_demo(
        broker_url=ports.public_url,
        app_url=ports.app_url,
        cookie_name=loaded.config.session.cookie.name,
        audience=loaded.config.session_audience[0],
        issuer=loaded.config.session_issuer,
    )

    async def ready() -> None:
        application.work()
        await _announce(application, ports, commands)
        if open_browser:
            typer.launch(ports.app_url)

    try:
        await serve(
            [
                Listener(app=application.public, listening=sockets["broker"]),
                Listener(app=application.admin, listening=sockets["admin"]),
                Listener(app=emulated, listening=sockets["emulator"], lifespan=True),
                Listener(app=demonstration, listening=sockets["demo"], lifespan=True),
            ],
            Signals(),
            ready=ready,
        )
    finally:
        await application.close()


async def _announce(application: Any, ports: Ports, commands: Path | None) -> None:
    key = await _fresh_admin_key(application)
    typer.echo(f"""
  demo application   {ports.app_url}   <- open this one
  broker             {ports.public_url}
  admin address      http://localhost:{ports.admin}
  Microsoft emulator {ports.emulator_url}
  admin key          {key}
  database           {_told(application.config.database)}
  other commands     {_other_commands(commands)}

ready; Ctrl-C ends all""")


def _other_commands(path: Path | None) -> str:
    """How to operate on the same database: the other commands read ./config.yaml, which `dev` does not."""
    return f"broker users list --config {path}" if path is not None else "with the database above as database.url"


def _told(database: "DatabaseSection") -> str:
    url = database.url.shown()
    return f"{FOLDER}/ (delete it to start afresh)" if url.endswith(f"{FOLDER}/broker.db") else url


async def _fresh_admin_key(application: Any) -> str:
    """Keys are stored as hashes, so a shown one must be a new one; the last run's is replaced."""
    from broker.errors import NotFound

    api_keys = application.broker.api_keys
    with suppress(NotFound):
        await api_keys.revoke("dev")
    key: str = (await api_keys.create("dev")).key
    return key
