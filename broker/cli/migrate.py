"""`broker migrate`: bring the database up to date, or say where it stands."""

import asyncio
from pathlib import Path

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import Exit, print_json, told

commands = typer.Typer(invoke_without_command=True)
app.add_typer(commands, name="migrate")


@commands.callback()
def run(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the database up to date, under a lock; several at once is safe. Example: broker migrate"""
    if context.invoked_subcommand is not None:
        return
    with told():
        applied = asyncio.run(_migrate(config))
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("the database is up to date")


@commands.command()
def status(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """What is applied and what is pending; exit 1 if anything is. Example: broker migrate status"""
    source = context.get_parameter_source("config")
    if context.parent is not None and source is not None and source.name == "DEFAULT":
        config = context.parent.params["config"]  # broker migrate --config FILE status
    with told():
        applied, pending, unknown = asyncio.run(_status(config))
    if as_json:
        print_json({"applied": applied, "pending": pending, "unknown": unknown})
    else:
        for word, names in (("applied", applied), ("pending", pending), ("unknown to this version", unknown)):
            for name in names:
                typer.echo(f"{word}: {name}")
    raise typer.Exit(Exit.NO if pending or unknown else Exit.DONE)


async def _migrate(config: Path) -> list[str]:
    from broker.cli.opened import load_config
    from broker.store.migrate import migrate
    from broker.store.open import open_store

    loaded = load_config(config)
    database = loaded.config.database
    store = await open_store(database.url.reveal(), pool_min=1, pool_max=2, base_dir=loaded.base_dir)
    try:
        return list(await migrate(store))
    finally:
        await store.close()


async def _status(config: Path) -> tuple[list[str], list[str], list[str]]:
    from broker.cli.opened import load_config
    from broker.store.migrate import status
    from broker.store.open import open_store

    loaded = load_config(config)
    database = loaded.config.database
    store = await open_store(database.url.reveal(), pool_min=1, pool_max=2, base_dir=loaded.base_dir)
    try:
        found = await status(store)
    finally:
        await store.close()
    return list(found.applied), list(found.pending), list(found.unknown)
