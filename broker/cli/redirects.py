"""`broker redirects explain`: would we send a browser there, and why?"""

from typing import Annotated

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import Exit, print_json, told

commands = typer.Typer(no_args_is_help=True, help="Ask the redirect allowlist.")
app.add_typer(commands, name="redirects")


@commands.callback()
def _group() -> None:
    """Keeps `explain` a sub-command."""


@commands.command()
def explain(
    url: Annotated[str, typer.Argument(help="A redirect target, as an application would send it.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say which pattern admits the URL, or which rule refuses it. Example: broker redirects explain https://a.example/x"""
    from broker.cli.opened import load_config
    from broker.foundation import allowlist_of

    with told():
        explained = allowlist_of(load_config(config).config).explain(url)
    if as_json:
        print_json(
            {
                "admitted": explained.admitted,
                "canonical": explained.canonical,
                "pattern": explained.pattern,
                "rule": explained.rule,
            }
        )
    else:
        typer.echo(explained.sentence)
    raise typer.Exit(Exit.DONE if explained.admitted else Exit.NO)
