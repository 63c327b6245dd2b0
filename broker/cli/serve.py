"""`broker serve`: the server, by its configuration."""

import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, app
from broker.cli.output import Exit, fail, told

if TYPE_CHECKING:
    import socket

    from broker.app import Application
    from broker.cli.certificates import ServedCertificate
    from broker.cli.listeners import Listener
    from broker.config.load import LoadedConfig
    from broker.telemetry.metrics import Metrics

WORKERS = "Processes (PostgreSQL only). Rate limits and database.pool hold for each; figures have a label worker."


@app.command()
def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help=WORKERS)] = 1,
) -> None:
    """Run the server; SIGHUP reloads the configuration, SIGTERM drains. Example: broker serve --config config.yaml"""
    from broker.cli.listeners import AddressTaken
    from broker.cli.opened import load_config
    from broker.foundation import set_up_logging

    with told():
        loaded = load_config(config)
        if workers > 1 and loaded.config.database.is_sqlite:
            fail(
                "several workers cannot share SQLite: set database.url to a postgresql:// URL, or use --workers 1",
                code=Exit.CONFIGURATION,
            )
        set_up_logging(loaded.config.log)
        try:
            _serve(loaded, workers)
        except AddressTaken as error:
            fail(str(error))


def _serve(loaded: "LoadedConfig", workers: int) -> None:
    from broker.cli.listeners import run
    from broker.cli.workers import Place, supervise
    from broker.telemetry.metrics import Metrics
    from broker.telemetry.workers import Board

    _certificates(loaded)
    sockets = _bind(loaded)
    # Until it can reload: a hang-up in the first second must not be the end.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if workers == 1:
        run(serve_application(loaded, sockets))
        return

    board = Board(workers)

    def work(place: Place) -> None:
        # One emulator, or a code would be asked of another one than it came from.
        mine = {name: found for name, found in sockets.items() if name != "emulator" or place.number == 0}
        metrics = Metrics(board=board, worker=place.number)
        run(serve_application(_newest(loaded) if place.replaces else loaded, mine, metrics=metrics))

    supervise(workers, work)


def _certificates(loaded: "LoadedConfig") -> dict[str, "ServedCertificate"]:
    """By listener, of those that serve https. Raises `ConfigError` for files that cannot be used."""
    from broker.cli.certificates import ServedCertificate

    public, emulator = loaded.config.server.public.tls, loaded.config.service.emulator_tls
    found = {}
    if public.cert is not None and public.key is not None:
        found["public"] = ServedCertificate(public.cert, public.key, key="server.public.tls.cert")
    if loaded.config.emulator_stands_in and emulator.cert is not None and emulator.key is not None:
        found["emulator"] = ServedCertificate(emulator.cert, emulator.key, key="service.emulator_tls.cert")
    return found


def _newest(loaded: "LoadedConfig") -> "LoadedConfig":
    """What the siblings of a replaced worker serve by now; what needs a restart of them all waits for that."""
    from broker.config.live import compare, holding, reload
    from broker.errors import ConfigError

    try:
        fresh = reload(loaded, os.environ)
    except ConfigError:
        return loaded
    return holding(fresh, loaded.config, compare(loaded.config, fresh.config).restart_keys)


async def serve_application(
    loaded: "LoadedConfig", sockets: dict[str, "socket.socket"], *, metrics: "Metrics | None" = None
) -> None:
    """Open the application and serve it on these sockets until told to stop."""
    from broker.app import Application
    from broker.cli.listeners import Signals, serve
    from broker.cli.reloading import Reloads
    from broker.config.live import LiveConfig
    from broker.telemetry.logging import get_logger

    certificates = _certificates(loaded)
    application = await Application.open(loaded.config, base_dir=loaded.base_dir, metrics=metrics)
    live, log = LiveConfig(loaded, os.environ), get_logger()
    for notice in loaded.notices:
        log.warning("configuration", detail=notice)
    if loaded.config.emulator_stands_in:
        log.warning("an emulator stands in for Microsoft: anybody can sign in as anybody; for development only")

    reloads = Reloads(application, live, certificates=list(certificates.values()))

    async def ready() -> None:
        application.work()
        application.background(reloads.follow_files())
        log.info("ready", public_url=loaded.config.service.public_url, pid=os.getpid())

    async def reload() -> None:
        await reloads.reload()

    def drain() -> int:
        application.drain()
        grace = application.config.server.shutdown_grace
        if grace:
            log.info("draining: another SIGTERM ends it at once", key="server.shutdown_grace", seconds=grace)
        return grace

    try:
        await serve(
            _listeners(application, sockets, certificates),
            Signals(reload=reload, drain=drain),
            ready=ready,
        )
    finally:
        await application.close()
    log.info("stopped")


def _bind(loaded: "LoadedConfig") -> dict[str, "socket.socket"]:
    from broker.cli.listeners import bind

    server, service = loaded.config.server, loaded.config.service
    sockets = {
        "public": bind(server.public.address, what="public address", choose="set server.public.address"),
        "admin": bind(server.admin.address, what="admin address", choose="set server.admin.address"),
    }
    if loaded.config.emulator_stands_in:
        sockets["emulator"] = bind(
            service.emulator_address, what="emulator address", choose="set service.emulator_address"
        )
    return sockets


def _listeners(
    application: "Application", sockets: dict[str, "socket.socket"], certificates: dict[str, "ServedCertificate"]
) -> list["Listener"]:
    from broker.cli.bounded_http import most_connections
    from broker.cli.listeners import Listener
    from broker.upstreams import emulator_url

    listeners = [
        Listener(
            app=application.public,
            listening=sockets["public"],
            most_connections=most_connections(),
            certificate=certificates.get("public"),
        ),
        Listener(app=application.admin, listening=sockets["admin"]),
    ]
    if "emulator" in sockets:
        from broker.config.show import frontchannel_uri
        from broker.emulator.app import create_app

        config = application.config
        registered = [config.callback_url, config.signed_out_url]
        emulator = create_app(base_url=emulator_url(config), control=False, redirect_uris=registered)
        sign_outs = frontchannel_uri(config)
        if sign_outs is not None:
            emulator.state.emulator.tell_of_sign_outs(sign_outs)
        tls = certificates.get("emulator")
        listeners.append(Listener(app=emulator, listening=sockets["emulator"], lifespan=True, certificate=tls))
    return listeners
