"""`broker redirects explain`: would we send a browser there, and why?"""

from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import Exit, print_json, told
from broker.errors import NotFound

if TYPE_CHECKING:
    from broker.config.sections.config import Config
    from broker.signin.redirects import Explanation

commands = typer.Typer(no_args_is_help=True, help="Ask the redirect allowlist.")
app.add_typer(commands, name="redirects")


@commands.callback()
def _group() -> None:
    """Keeps `explain` a sub-command."""


@commands.command()
def explain(
    url: Annotated[str, typer.Argument(help="A redirect target, as an application would send it.")],
    application: Annotated[
        str | None, typer.Option("--application", help="The client id of a registered application, to ask its lists.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say which pattern admits the URL, or which rule refuses it. Example: broker redirects explain https://a.example/x"""
    from broker.cli.opened import load_config

    with told():
        explained = _explained(load_config(config).config, url, application)
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


def _explained(config: "Config", url: str, client_id: str | None) -> "Explanation":
    """Of an application what the configuration says: what programs registered for it is in the database."""
    from broker.foundation import allowlist_of
    from broker.settings import applications_of

    if client_id is None:
        return allowlist_of(config).explain(url)
    applications = applications_of(config)
    if applications.get(client_id) is None:
        raise NotFound(f"workos.applications has no {client_id}, or workos.enabled is false")
    return applications.explain(client_id, url)
