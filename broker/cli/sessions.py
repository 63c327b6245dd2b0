"""`broker sessions`: list and revoke."""

from typing import Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import moment, print_json, print_table, told
from broker.cli.spelled_ids import SESSION, USER, session_named, user_named
from broker.models.sessions import Session

commands = typer.Typer(no_args_is_help=True, help="Who is signed in.")
app.add_typer(commands, name="sessions")


@commands.command("list")
def list_sessions(
    config: ConfigOption = DEFAULT_CONFIG,
    user: Annotated[str | None, typer.Option("--user", help=f"Only one user's. {USER}", callback=user_named)] = None,
    as_json: JsonOption = False,
) -> None:
    """Living sessions. Example: broker sessions list --user alice@alder.example"""
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> list[Session]:
        return await _living(opened, user)

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([_described(session) for session in found])
        return
    print_table(
        ("id", "user", "provider", "created", "last used", "expires"),
        [
            (one.id, one.user_id, one.provider, *map(moment, (one.created_at, one.last_used_at, one.expires_at)))
            for one in found
        ],
    )


@commands.command()
def revoke(
    session_id: Annotated[str, typer.Argument(help=SESSION, callback=session_named)],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End one session; every server refuses it within a second. Example: broker sessions revoke SESSION_ID"""
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> None:
        await _end(opened, session_id)

    with told():
        with_database(config, work)
    typer.echo(f"session {session_id} ended")


async def _living(opened: Any, user: str | None) -> list[Session]:
    from broker.accounts.users import Users
    from broker.store import sessions as rows

    user_id = None if user is None else (await Users(opened.store, opened.clock).find(user)).user.id
    found: list[Session] = []
    async with opened.store.read() as connection:
        while page := await rows.list_sessions(connection, user_id=user_id, after=found[-1].id if found else None):
            found += page
    now, idle = opened.clock.now(), opened.config.session.idle_timeout
    return [one for one in found if one.expires_at > now and (idle is None or one.last_used_at + idle > now)]


async def _end(opened: Any, session_id: str) -> None:
    from broker.errors import NotFound
    from broker.sessions.ending import end_session

    async with opened.store.transaction() as connection:
        if await end_session(connection, session_id, clock=opened.clock, actor="operator", reason="revoked") is None:
            raise NotFound(f"there is no session {session_id}")


def _described(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "provider": session.provider,
        "created_at": moment(session.created_at),
        "last_used": moment(session.last_used_at),
        "expires_at": moment(session.expires_at),
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
    }
