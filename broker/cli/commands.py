"""All commands, and the options that many of them share."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="broker",
    help="An identity broker: signs people in with Microsoft and others, hands back a session any backend can check.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="BROKER_CONFIG",
        help="The configuration file.",
        show_default=True,
        readable=False,  # a file that cannot be read is a mistake of the configuration (78), not of usage (2)
    ),
]
UnreadConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", readable=False, help="Taken as everywhere, so that scripts may; not read here."),
]
NamedConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="BROKER_CONFIG", readable=False, help="Fit the broker of this file."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG = Path("config.yaml")


@app.command()
def version(_config: UnreadConfigOption = None) -> None:
    """Print the version. Example: broker version"""
    from importlib.metadata import version as version_of

    typer.echo(version_of("identity-broker"))


def _register() -> None:
    """Importing a group's file adds its commands."""
    from broker.cli import (  # noqa: F401
        admin,
        audit,
        clean,
        config,
        demo,
        dev,
        doctor,
        emulator,
        imports,
        keys,
        migrate,
        redirects,
        serve,
        sessions,
        users,
        webhooks,
    )


_register()
