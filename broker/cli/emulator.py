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
    config: NamedConfigOption = None,
) -> None:
    """Stand in for Microsoft on loopback. Example: broker emulator --port 8400 --control

    With --config the callback URL of that file is registered too.
    """
    from broker.cli.listeners import AddressTaken, Listener, Signals, bind, run, serve
    from broker.config.sections.address import Address
    from broker.emulator.app import create_app

    with told():
        redirect_uris = [*(redirect_uri or ()), *_callbacks(config)]
    try:
        listening = bind(Address(host="127.0.0.1", port=port), what="emulator", choose="choose another with --port")
    except AddressTaken as error:
        fail(str(error))
    url = f"http://localhost:{listening.getsockname()[1]}"
    try:
        emulated = create_app(base_url=url, control=control, redirect_uris=redirect_uris)
    except ValueError as error:
        fail(f"--redirect-uri: {error}", code=Exit.USAGE)

    async def ready() -> None:
        typer.echo(f"Microsoft emulator on {url}/common/v2.0/.well-known/openid-configuration")
        typer.echo("ready")

    run(serve([Listener(app=emulated, listening=listening, lifespan=True)], Signals(), ready=ready))


def _callbacks(config: Path | None) -> list[str]:
    if config is None:
        return []
    from broker.cli.opened import load_config

    return [load_config(config).config.callback_url]
