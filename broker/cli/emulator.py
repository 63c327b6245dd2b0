"""`broker emulator`: the Microsoft emulator alone, for other people's tests."""

from pathlib import Path
from typing import Annotated

import typer

from broker.cli.commands import NamedConfigOption, app
from broker.cli.output import Exit, fail, told


@app.command()
def emulator(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8400,
    control: Annotated[bool, typer.Option("--control/--no-control", help="Open the control interface.")] = False,
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
    from broker.cli.certificates import ServedCertificate
    from broker.cli.listeners import AddressTaken, Listener, Signals, bind, run, serve
    from broker.cli.local_authority import local_certificate, state_folder
    from broker.config.sections.address import Address
    from broker.emulator.app import create_app

    with told():
        redirect_uris = [*(redirect_uri or ()), *_callbacks(config)]
        certificate = local_certificate(tls_folder or state_folder()) if tls or tls_folder is not None else None
    try:
        listening = bind(Address(host="127.0.0.1", port=port), what="emulator", choose="choose another with --port")
    except AddressTaken as error:
        fail(str(error))
    url = f"{'http' if certificate is None else 'https'}://localhost:{listening.getsockname()[1]}"
    try:
        emulated = create_app(base_url=url, control=control, redirect_uris=redirect_uris)
    except ValueError as error:
        fail(f"--redirect-uri: {error}", code=Exit.USAGE)

    async def ready() -> None:
        typer.echo(f"Microsoft emulator on {url}/common/v2.0/.well-known/openid-configuration")
        if certificate is not None:
            typer.echo(f"CA file to trust: {certificate.ca_file}")
        typer.echo("ready")

    served = None if certificate is None else ServedCertificate(certificate.certificate, certificate.certificate)
    listener = Listener(app=emulated, listening=listening, lifespan=True, certificate=served)
    run(serve([listener], Signals(), ready=ready))


def _callbacks(config: Path | None) -> list[str]:
    if config is None:
        return []
    from broker.cli.opened import load_config

    loaded = load_config(config).config
    return [loaded.callback_url, loaded.signed_out_url]
