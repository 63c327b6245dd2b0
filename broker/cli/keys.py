"""`broker keys`: the keys that sign sessions."""

from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import moment, moment_or_none, print_json, print_table, told
from broker.models.keys import SigningKey

if TYPE_CHECKING:
    from broker.cli.opened import Opened
    from broker.sessions.rotation import Rotation

commands = typer.Typer(no_args_is_help=True, help="Signing keys: next, current, retired.")
app.add_typer(commands, name="keys")


@commands.command("list")
def list_keys(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """All signing keys. Example: broker keys list"""
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> list[SigningKey]:
        rotation = await _rotation(opened)
        await rotation.ensure()
        return await rotation.list()

    with told():
        found = with_database(config, work)
    if as_json:
        print_json(
            [
                {
                    "kid": key.kid,
                    "state": key.state,
                    "algorithm": key.algorithm,
                    "created_at": moment_or_none(key.created_at),
                    "activated_at": moment_or_none(key.activated_at),
                    "retired_at": moment_or_none(key.retired_at),
                }
                for key in found
            ]
        )
        return
    print_table(
        ("kid", "state", "algorithm", "created", "signing since", "retired"),
        [
            (key.kid, key.state, key.algorithm, *map(moment, (key.created_at, key.activated_at, key.retired_at)))
            for key in found
        ],
    )


@commands.command()
def rotate(
    config: ConfigOption = DEFAULT_CONFIG,
    now: Annotated[bool, typer.Option("--now", help="Do not wait until backends know the next key.")] = False,
) -> None:
    """Let the next key sign; running servers follow within a minute. Example: broker keys rotate"""
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> tuple[str, str]:
        rotation = await _rotation(opened)
        await rotation.ensure()
        rotated = await rotation.rotate(now=now)
        return rotated.current, rotated.next

    with told():
        current, coming = with_database(config, work)
    typer.echo(f"{current} signs now; {coming} is published as the next")


@commands.command()
def retire(
    kid: Annotated[str, typer.Argument(help="A retired key's kid; behind -- if it begins with a dash.")],
    config: ConfigOption = DEFAULT_CONFIG,
    end_sessions: Annotated[bool, typer.Option("--end-sessions", help="End the sessions that live by it.")] = False,
) -> None:
    """Stop accepting a retired key for good. Example: broker keys retire KID"""
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> int:
        rotation = await _rotation(opened)
        return await rotation.retire(kid, end_sessions=end_sessions)

    with told():
        ended = with_database(config, work)
    typer.echo(f"{kid} is no longer accepted; {ended} sessions ended")


async def _rotation(opened: "Opened") -> "Rotation":
    from broker.sessions.rotation import Rotation

    return Rotation(opened.store, await opened.secrets(), opened.clock, algorithm=opened.config.session.jwt.algorithm)
