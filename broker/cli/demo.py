"""`broker demo`: the demo application alone, beside a running broker."""

from typing import Annotated
from urllib.parse import urlsplit

import typer

from broker.cli.commands import app
from broker.cli.output import Exit, fail


@app.command()
def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8888,
    broker: Annotated[str, typer.Option("--broker", help="The broker's public URL.")] = "http://localhost:8000",
) -> None:
    """Run the demo application. Example: broker demo --broker http://localhost:8000"""
    from broker.cli.listeners import AddressTaken, Listener, Signals, bind, run, serve
    from broker.config.sections.address import Address
    from broker.demo.app import create_app

    host = urlsplit(broker).hostname
    if host is None:
        fail(f"--broker: {broker} is no URL; for example http://localhost:8000", code=Exit.USAGE)
    try:
        listening = bind(Address(host="127.0.0.1", port=port), what="demo", choose="choose another with --port")
    except AddressTaken as error:
        fail(str(error))
    url = f"http://localhost:{listening.getsockname()[1]}"
    demonstration = create_app(broker_url=broker, app_url=url, audience=host, issuer=broker.rstrip("/"))

    async def ready() -> None:
        typer.echo(f"demo application on {url}")
        typer.echo("ready")

    run(serve([Listener(app=demonstration, listening=listening, lifespan=True)], Signals(), ready=ready))
