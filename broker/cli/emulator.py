"""`broker emulator`: the Microsoft emulator alone, for other people's tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.commands import NamedConfigOption, app
from broker.cli.output import Exit, fail, told

if TYPE_CHECKING:
    from socket import socket

    from broker.emulator.clouds import Cloud
    from broker.emulator.state import Emulator

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
NOT_SERVED = "that cloud is not served"


@app.command()
def emulator(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8400,
    host: Annotated[str, typer.Option("--host", help="A loopback address to listen on.")] = "127.0.0.1",
    usgov_port: Annotated[
        int | None, typer.Option(min=0, max=65535, show_default=NOT_SERVED, help="Serve US Government, too.")
    ] = None,
    china_port: Annotated[
        int | None, typer.Option(min=0, max=65535, show_default=NOT_SERVED, help="Serve China's cloud, too.")
    ] = None,
    control: Annotated[bool, typer.Option("--control/--no-control", help="Open the control interface.")] = False,
    people: Annotated[
        Path | None, typer.Option("--people", help="People and directories of your own: a YAML or JSON file.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option("--redirect-uri", help="A further registered redirect URI; may be repeated.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https, by an authority made for this machine.")] = False,
    tls_folder: Annotated[
        Path | None, typer.Option("--tls-folder", help="Where that authority is kept.", show_default="one of your own")
    ] = None,
    config: NamedConfigOption = None,
) -> None:
    """Stand in for Microsoft on loopback. Example: broker emulator --port 8400 --control

    With --config the callback URL of that file is registered too. With --tls it speaks https, as Microsoft's libraries
    demand, and prints the CA file for them to trust.
    """
    from broker.emulator.clouds import CHINA, GLOBAL, USGOV

    chosen = {GLOBAL: port, USGOV: usgov_port, CHINA: china_port}
    with told():
        _serve(
            {cloud: _bound(host, each, cloud) for cloud, each in chosen.items() if each is not None},
            control=control,
            redirect_uris=[*(redirect_uri or ()), *_callbacks(config)],
            people=people,
            tls=tls or tls_folder is not None,
            tls_folder=tls_folder,
        )


def _serve(
    sockets: "dict[Cloud, socket]",
    *,
    control: bool,
    redirect_uris: Sequence[str],
    people: Path | None,
    tls: bool,
    tls_folder: Path | None,
) -> None:
    from broker.cli.certificates import ServedCertificate
    from broker.cli.listeners import Listener, Signals, run, serve
    from broker.cli.local_authority import local_certificate, state_folder
    from broker.emulator.app import create_app

    certificate = local_certificate(tls_folder or state_folder()) if tls else None
    scheme = "https" if tls else "http"
    urls = {cloud: f"{scheme}://localhost:{listening.getsockname()[1]}" for cloud, listening in sockets.items()}
    state = _state(redirect_uris, people)

    async def ready() -> None:
        _tell(urls, control=control, ca_file=None if certificate is None else certificate.ca_file)

    served = None if certificate is None else ServedCertificate(certificate.certificate, certificate.certificate)
    listeners = [
        Listener(
            app=create_app(base_url=urls[cloud], control=control, cloud=cloud, beside=state),
            listening=listening,
            lifespan=True,
            certificate=served,
        )
        for cloud, listening in sockets.items()
    ]
    run(serve(listeners, Signals(), ready=ready))


def _bound(host: str, port: int, cloud: "Cloud") -> "socket":
    from broker.cli.listeners import AddressTaken, bind
    from broker.config.sections.address import Address
    from broker.emulator.clouds import GLOBAL

    if host not in _LOOPBACK:
        fail(f"--host: {host} is none of {', '.join(_LOOPBACK)}; nothing may trust this server", code=Exit.USAGE)
    option = "--port" if cloud is GLOBAL else f"--{cloud.name}-port"
    address = Address(host="127.0.0.1" if host == "localhost" else host, port=port)
    try:
        return bind(address, what="emulator", choose=f"choose another with {option}")
    except AddressTaken as error:
        fail(str(error))


def _state(redirect_uris: Sequence[str], people: Path | None) -> "Emulator":
    """What all clouds share."""
    from broker.cli.people_file import read_people_file
    from broker.emulator.people_file import take_people
    from broker.emulator.state import Emulator

    try:
        state = Emulator(redirect_uris=redirect_uris)
    except ValueError as error:
        fail(f"--redirect-uri: {error}", code=Exit.USAGE)
    if people is not None:
        try:
            take_people(state, read_people_file(people))
        except ValueError as error:
            fail("\n".join(f"{people}: {line}" for line in str(error).splitlines()), code=Exit.CONFIGURATION)
    return state


def _tell(urls: "dict[Cloud, str]", *, control: bool, ca_file: Path | None) -> None:
    """Where everything is, and what a first client can be set up with."""
    from broker.emulator.clouds import GLOBAL
    from broker.emulator.registrations import DEFAULT_SECRETS, FIRST

    url = urls[GLOBAL]
    typer.echo(f"Microsoft emulator on {url}/common/v2.0/.well-known/openid-configuration")
    for cloud, other in urls.items():
        if cloud is not GLOBAL:
            typer.echo(f"{cloud.title} on {other}/common/v2.0/.well-known/openid-configuration")
    if ca_file is not None:
        typer.echo(f"CA file to trust: {ca_file}")
    typer.echo(f"for example: authority {url}/common, client id {FIRST}, secret {DEFAULT_SECRETS[0].value}")
    if control:
        typer.echo(f"last requests on {url}/requests, control on {url}/_control")
    typer.echo("ready")


def _callbacks(config: Path | None) -> list[str]:
    if config is None:
        return []
    from broker.cli.opened import load_config

    loaded = load_config(config).config
    return [loaded.callback_url, loaded.signed_out_url]
