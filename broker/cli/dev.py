"""`broker dev`: the whole thing offline, on loopback only: broker, Microsoft emulator, demo application, SQLite."""

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.commands import app
from broker.cli.dev_configuration import FOLDER, Ports, configuration, overridden, write_configuration
from broker.cli.output import fail, told

if TYPE_CHECKING:
    from socket import socket

    from broker.cli.certificates import ServedCertificate
    from broker.cli.listeners import Listener
    from broker.cli.local_authority import LocalCertificate
    from broker.config.load import LoadedConfig
    from broker.config.sections.database import DatabaseSection


class ResponseMode(StrEnum):
    """How an answer comes back from the emulator."""

    QUERY = "query"
    FORM_POST = "form_post"


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The broker's.")] = 8000,
    admin_port: Annotated[int, typer.Option(min=1, max=65535, help="Its admin address.")] = 8001,
    emulator_port: Annotated[int, typer.Option(min=1, max=65535, help="The Microsoft emulator's.")] = 8400,
    app_port: Annotated[int, typer.Option(min=1, max=65535, help="The demo application's.")] = 8888,
    database: Annotated[str | None, typer.Option("--database", help="A postgresql:// or sqlite:/// URL.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", readable=False, help="Start from this file; URL, database and provider are ours."
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the demo in a browser.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, by an authority made for this machine.")] = False,
    response_mode: Annotated[
        ResponseMode, typer.Option("--response-mode", help="How the emulator answers; form_post needs --tls.")
    ] = ResponseMode.QUERY,
) -> None:
    """Run broker, emulator and demo on this machine; Ctrl-C ends all. Example: broker dev --open"""
    from broker.cli.listeners import AddressTaken, run
    from broker.cli.local_authority import local_certificate
    from broker.foundation import set_up_logging

    ports = Ports(
        public=port, admin=admin_port, emulator=emulator_port, app=app_port, scheme="https" if tls else "http"
    )
    with told():
        _make_folder()
        certificate = local_certificate(FOLDER / "tls") if tls else None
        overrides = overridden(ports, database, config, certificate)
        overrides["third_party.providers.microsoft"]["response_mode"] = response_mode.value
        loaded = configuration(overrides, config)
        set_up_logging(loaded.config.log)
        try:
            sockets = _bind(ports)
        except AddressTaken as error:
            fail(str(error))
        commands = None if config is not None else write_configuration(overrides)
        serving = _serve(loaded, ports, sockets, certificate, open_browser=open_browser, commands=commands)
        run(serving)


def _make_folder() -> None:
    try:
        FOLDER.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        fail(f"the folder {FOLDER} cannot be made here: {error.strerror}")


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
    loaded: "LoadedConfig",
    ports: Ports,
    sockets: dict[str, "socket"],
    certificate: "LocalCertificate | None",
    *,
    open_browser: bool,
    commands: Path | None,
) -> None:
    from broker.app import Application
    from broker.cli.listeners import Listener, Signals, serve

    application = await Application.open(loaded.config, base_dir=loaded.base_dir)
    companions = _companions(loaded, ports, sockets, certificate)

    async def ready() -> None:
        application.work()
        await _announce(application, ports, certificate, commands)
        if open_browser:
            typer.launch(ports.app_url)

    try:
        await serve(
            [
                Listener(app=application.public, listening=sockets["broker"], certificate=_served(certificate)),
                Listener(app=application.admin, listening=sockets["admin"]),
                *companions,
            ],
            Signals(),
            ready=ready,
        )
    finally:
        await application.close()


def _companions(
    loaded: "LoadedConfig", ports: Ports, sockets: dict[str, "socket"], certificate: "LocalCertificate | None"
) -> list["Listener"]:
    """Emulator and demo, fitted to the broker."""
    from broker.cli.listeners import Listener
    from broker.config.show import frontchannel_uri
    from broker.demo.app import create_app as create_demo
    from broker.emulator.app import create_app as create_emulator

    emulated = create_emulator(
        base_url=ports.emulator_url,
        control=True,
        redirect_uris=[loaded.config.callback_url, loaded.config.signed_out_url],
    )
    sign_outs = frontchannel_uri(loaded.config)
    if sign_outs is not None:
        emulated.state.emulator.tell_of_sign_outs(sign_outs)
    demonstration = create_demo(
        broker_url=ports.public_url,
        app_url=ports.app_url,
        cookie_name=loaded.config.session.cookie.name,
        audience=loaded.config.session_audience[0],
        issuer=loaded.config.session_issuer,
        ca_file=None if certificate is None else certificate.ca_file,
    )
    served = _served(certificate)
    return [
        Listener(app=emulated, listening=sockets["emulator"], lifespan=True, certificate=served),
        Listener(app=demonstration, listening=sockets["demo"], lifespan=True, certificate=served),
    ]


def _served(certificate: "LocalCertificate | None") -> "ServedCertificate | None":
    from broker.cli.certificates import ServedCertificate

    return None if certificate is None else ServedCertificate(certificate.certificate, certificate.certificate)


async def _announce(
    application: Any, ports: Ports, certificate: "LocalCertificate | None", commands: Path | None
) -> None:
    trust = "" if certificate is None else f"\n  CA file to trust   {certificate.ca_file}"
    key = await _fresh_admin_key(application)
    typer.echo(f"""
  demo application   {ports.app_url}   <- open this one
  broker             {ports.public_url}
  admin address      http://localhost:{ports.admin}
  Microsoft emulator {ports.emulator_url}
  admin key          {key}{_for_sdks(application) if commands is not None else ""}
  database           {_told(application.config.database)}
  other commands     {_other_commands(commands)}{trust}

ready; Ctrl-C ends all""")


def _for_sdks(application: Any) -> str:
    """What WorkOS' SDKs are given, beside the broker's address: the application that is ours, and its key."""
    [ours] = application.config.workos.applications
    return f"""
  WorkOS client id   {ours.client_id}
  WorkOS API key     {ours.api_keys[0].reveal()}"""


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
