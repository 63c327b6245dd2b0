"""`broker admin key`: keys for the admin API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import moment, moment_or_none, print_json, print_table, told
from broker.models.keys import SCOPES, Scope

if TYPE_CHECKING:
    from broker.models.keys import ApiKey

group = typer.Typer(no_args_is_help=True, help="The admin API.")
commands = typer.Typer(no_args_is_help=True, help="Keys that open the admin API.")
group.add_typer(commands, name="key")
app.add_typer(group, name="admin")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for; names are unique.")],
    config: ConfigOption = DEFAULT_CONFIG,
    expires_in_days: Annotated[int | None, typer.Option("--expires-in-days", min=1, max=3650)] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help=f"What it opens, repeatable: {', '.join(SCOPES)}. Default: all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key; it is shown this once and stored as a hash.

    Example: broker admin key create directory-sync --scope users:read --scope users:write --expires-in-days 90
    """
    from broker.accounts.api_keys import ApiKeys, CreatedApiKey
    from broker.cli.opened import Opened, with_database

    scopes = None if scope is None else _scopes(scope)

    async def work(opened: Opened) -> CreatedApiKey:
        lifetime = None if expires_in_days is None else expires_in_days * 86_400
        return await ApiKeys(opened.store, opened.clock).create(name, lifetime=lifetime, scopes=scopes)

    with told():
        made = with_database(config, work)
    if as_json:
        print_json({**_described(made.record), "key": made.key})
    else:
        typer.echo(made.key)
        opens = "everything" if scopes is None else ", ".join(scopes)
        typer.echo(f"It opens {opens} and is not shown again.", err=True)


@commands.command("list")
def list_keys(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """All keys, never the keys themselves. Example: broker admin key list"""
    from broker.accounts.api_keys import ApiKeys
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> list[Any]:
        return await ApiKeys(opened.store, opened.clock).list()

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([_described(key) for key in found])
        return
    print_table(
        ("id", "name", "opens", "created", "expires", "last used"),
        [
            (key.id, key.name, _opens(key), *map(moment, (key.created_at, key.expires_at, key.last_used_at)))
            for key in found
        ],
    )


@commands.command()
def revoke(
    id_or_name: Annotated[str, typer.Argument(help="The key's id or name.")], config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Delete a key; it opens nothing from now on. Example: broker admin key revoke deploy"""
    from broker.accounts.api_keys import ApiKeys
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> None:
        await ApiKeys(opened.store, opened.clock).revoke(id_or_name)

    with told():
        with_database(config, work)
    typer.echo(f"the key {id_or_name} is revoked")


def _scopes(unverified: list[str]) -> tuple[Scope, ...]:
    unknown = [each for each in unverified if each not in SCOPES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(SCOPES)}", param_hint="--scope")
    return tuple(each for each in SCOPES if each in unverified)


def _opens(key: "ApiKey") -> str:
    return "everything" if key.scopes is None else ", ".join(key.scopes)


def _described(key: "ApiKey") -> dict[str, str | list[str] | None]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(SCOPES if key.scopes is None else key.scopes),
        "created_at": moment_or_none(key.created_at),
        "expires_at": moment_or_none(key.expires_at),
        "last_used_at": moment_or_none(key.last_used_at),
    }
