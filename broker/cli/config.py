"""`broker config`: check it, show what is in force and why, print its schema."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, UnreadConfigOption, app
from broker.cli.output import Exit, fail, print_json, print_table, told

OTHERS = "`redirect-uri` or `logout-url`"
WHAT = f"{OTHERS}: what to register at the provider."

commands = typer.Typer(no_args_is_help=True, help="Check and show the configuration.")
app.add_typer(commands, name="config")


@commands.command()
def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell all mistakes at once, each with file, line and key. Example: broker config check"""
    from broker.cli.opened import load_config
    from broker.foundation import return_allowlist_of

    with told():
        loaded = load_config(config)
        for notice in (*loaded.notices, *return_allowlist_of(loaded.config).warnings()):
            typer.echo(f"note: {notice}", err=True)
    typer.echo(f"{config}: no mistakes")


@commands.command()
def show(
    what: Annotated[str | None, typer.Argument(help=WHAT)] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """The configuration in force and where each value comes from. Example: broker config show redirect-uri"""
    with told():
        if what == "redirect-uri":
            _show_redirect_uri(config, as_json=as_json)
        elif what == "logout-url":
            _show_logout_url(config, as_json=as_json)
        elif what is None:
            _show_all(config, as_json=as_json)
        else:
            fail(f"there is nothing called {what} to show; try {OTHERS}, or nothing", code=Exit.USAGE)


@commands.command()
def schema(_config: UnreadConfigOption = None) -> None:
    """JSON Schema of the file, for editors. Example: broker config schema > config.schema.json"""
    from broker.config.schema import json_schema

    print_json(json_schema())


importing = typer.Typer(no_args_is_help=True, help="Take over another product's configuration.")
commands.add_typer(importing, name="import")


@importing.callback()
def _importing() -> None:
    """Keeps `hanko` a sub-command."""


@importing.command()
def hanko(
    file: Annotated[Path, typer.Argument(help="Hanko's config.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write into this file, not to the screen.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write our configuration for a Hanko file, and name each key that is not simply taken over, and why.

    Example: broker config import hanko hanko.yaml --out config.yaml
    """
    from broker.moving.hanko_config import as_yaml, imported
    from broker.private_file import replace

    if out is not None and out.exists() and not force:
        fail(f"{out} is there already; --force replaces it")
    with told():
        try:
            found = imported(file.read_bytes(), file=str(file))
        except OSError as error:
            fail(f"{file} cannot be read: {error.strerror}", code=Exit.CONFIGURATION)
    for note in found.notes:
        typer.echo(note, err=True)
    if out is None:
        typer.echo(as_yaml(found), nl=False)
        return
    try:
        replace(out, as_yaml(found).encode())
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}")
    typer.echo(f"written to {out}; to be set: {', '.join(found.variables)}", err=True)


def _show_redirect_uri(config: Path, *, as_json: bool) -> None:
    from broker.cli.opened import load_config
    from broker.config.show import redirect_uri, redirect_uris, signed_out_uri

    loaded = load_config(config)
    if as_json:
        print_json(redirect_uris(loaded.config))
        return
    typer.echo(redirect_uri(loaded.config))
    signed_out = signed_out_uri(loaded.config)
    if signed_out is not None:
        typer.echo(signed_out)


def _show_logout_url(config: Path, *, as_json: bool) -> None:
    from broker.cli.opened import load_config
    from broker.config.show import frontchannel_uri

    url = frontchannel_uri(load_config(config).config)
    if as_json:
        print_json({} if url is None else {"microsoft": url})
    elif url is None:
        fail("there is none: Microsoft, or its logout.frontchannel, is off")
    else:
        typer.echo(url)


def _show_all(config: Path, *, as_json: bool) -> None:
    from broker.cli.opened import load_config
    from broker.config.show import effective, to_register

    loaded = load_config(config)
    keys = effective(loaded)
    if as_json:
        print_json([{"key": key.key, "value": key.value, "source": key.source} for key in keys])
    else:
        print_table(("key", "value", "source"), [(key.key, _spelled(key.value), key.source) for key in keys])
        for name, url in to_register(loaded.config):
            typer.echo(f"to register at Microsoft, as {name}: {url}")


def _spelled(value: Any) -> str:
    """A value as it stands in the file: JSON is YAML, and text needs no quotation marks here."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
