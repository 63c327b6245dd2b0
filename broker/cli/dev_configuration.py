"""What `broker dev` decides of the configuration, whatever a file says: where all of it is, and that it is harmless."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from broker.cli.local_authority import LocalCertificate
    from broker.config.load import LoadedConfig

FOLDER = Path(".broker-dev")
API_KEY = "api.key"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where each of the four listens, and by which scheme people reach all but the admin address."""

    public: int
    admin: int
    emulator: int
    app: int
    scheme: str = "http"

    @property
    def public_url(self) -> str:
        """The broker's."""
        return f"{self.scheme}://localhost:{self.public}"

    @property
    def app_url(self) -> str:
        """The demo application's."""
        return f"{self.scheme}://localhost:{self.app}"

    @property
    def emulator_url(self) -> str:
        """The emulator's."""
        return f"{self.scheme}://localhost:{self.emulator}"


def configuration(overrides: Mapping[str, Any], config: Path | None) -> "LoadedConfig":
    """The configuration with what is ours, from a file or from nothing. Raises `ConfigError`."""
    from broker.config.load import load, load_mapping
    from broker.foundation import PARTS

    if config is not None:
        typer.echo(f"{config} is read, except for what `broker dev` decides: {', '.join(overrides)}")
        return load(config, os.environ, overrides=overrides, overridden_by="broker dev", parts=PARTS)
    environ: Mapping[str, str] = {}
    return load_mapping(_tree(overrides), environ, name="broker dev", base_dir=FOLDER.absolute(), parts=PARTS)


def overridden(
    ports: Ports, database: str | None, config: Path | None, certificate: "LocalCertificate | None"
) -> dict[str, Any]:
    """Every key that is ours, with its value. Raises `ConfigError`."""
    from broker.secret_file import read_or_create

    overrides = _overrides(ports, _database_url(database)) | _https(certificate)
    if config is None or database is None:
        # A secret belongs to the database that it seals; with a file and a database of one's own it is the file's.
        on_sqlite = database is None or database.startswith("sqlite:")
        overrides["secrets.keys"] = [] if on_sqlite else [read_or_create(FOLDER / "broker.secret")[0]]
    return overrides if config is not None else overrides | _applications(ports)


def write_configuration(overrides: Mapping[str, Any]) -> Path:
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
        "service.emulator_tls": {},
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


def _applications(ports: Ports) -> dict[str, Any]:
    """One for WorkOS' SDKs; a file has its own, or wants none. Raises `ConfigError`."""
    from broker.cli.dev_application import application, keep_api_key

    keep_api_key(FOLDER / API_KEY)
    return {"workos.enabled": True, "workos.applications": [application(ports, API_KEY)]}


def _https(certificate: "LocalCertificate | None") -> dict[str, Any]:
    """What differs where all of it is served by https: the emulator is asked by it, too."""
    if certificate is None:
        return {}
    pem = {"cert": str(certificate.certificate), "key": str(certificate.certificate)}
    return {
        "service.emulator_tls": pem,
        "server.public.tls": pem,
        "third_party.providers.microsoft": {"ca_file": str(certificate.ca_file)},
        "session.cookie.secure": True,
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
