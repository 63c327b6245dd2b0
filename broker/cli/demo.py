"""`broker demo`: the demo application alone, beside a running broker."""

from pathlib import Path
from typing import Annotated, TypedDict
from urllib.parse import urlsplit

import typer

from broker.cli.commands import NamedConfigOption, app
from broker.cli.output import Exit, fail, told

DEFAULT_BROKER = "http://localhost:8000"


class _Fit(TypedDict):
    broker_url: str
    issuer: str
    audience: str
    cookie_name: str


@app.command()
def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8888,
    broker: Annotated[
        str | None, typer.Option("--broker", help="The broker's public URL.", show_default=DEFAULT_BROKER)
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Who signed the broker's certificate.", exists=True, dir_okay=False)
    ] = None,
    config: NamedConfigOption = None,
) -> None:
    """Run the demo application. Example: broker demo --broker http://localhost:8000

    With --config it expects the public URL, issuer, audience and cookie name of that file.
    """
    from broker.cli.listeners import AddressTaken, Listener, Signals, bind, run, serve
    from broker.config.sections.address import Address
    from broker.demo.app import create_app

    with told():
        fit = _by_url(broker or DEFAULT_BROKER) if config is None else _by_file(config, broker)
    try:
        listening = bind(Address(host="127.0.0.1", port=port), what="demo", choose="choose another with --port")
    except AddressTaken as error:
        fail(str(error))
    url = f"http://localhost:{listening.getsockname()[1]}"
    demonstration = create_app(app_url=url, ca_file=ca_file, **fit)

    async def ready() -> None:
        typer.echo(f"demo application on {url}")
        typer.echo("ready")

    run(serve([Listener(app=demonstration, listening=listening, lifespan=True)], Signals(), ready=ready))


def _by_url(broker: str) -> _Fit:
    """What a broker at this URL says of itself by default."""
    return _Fit(broker_url=broker, issuer=broker.rstrip("/"), audience=_host(broker), cookie_name="hanko")


def _by_file(path: Path, broker: str | None) -> _Fit:
    from broker.cli.opened import load_config

    config = load_config(path).config
    url = broker or config.service.public_url
    _host(url)
    return _Fit(
        broker_url=url,
        issuer=config.session_issuer,
        audience=config.session_audience[0],
        cookie_name=config.session.cookie.name,
    )


def _host(broker: str) -> str:
    host = urlsplit(broker).hostname
    if host is None:
        fail(f"--broker: {broker} is no URL; for example {DEFAULT_BROKER}", code=Exit.USAGE)
    return host
