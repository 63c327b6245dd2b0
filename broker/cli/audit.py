"""`broker audit`: read the trail."""

from typing import Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import moment, print_json, print_table, told
from broker.cli.spelled_ids import USER, user_named
from broker.models.events import AuditEntry

commands = typer.Typer(no_args_is_help=True, help="What happened, newest first.")
app.add_typer(commands, name="audit")


@commands.callback()
def _group() -> None:
    """Keeps `list` a sub-command."""


@commands.command("list")
def list_entries(
    config: ConfigOption = DEFAULT_CONFIG,
    user: Annotated[
        str | None, typer.Option("--user", help=f"Only about one user. {USER}", callback=user_named)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """The newest entries of the audit trail. Example: broker audit list --user USER_ID"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database
    from broker.store.audit import entries

    async def work(opened: Opened) -> list[AuditEntry]:
        # An id is not looked up: the trail is longer than the user.
        named = user is not None and "@" in user
        user_id = (await Users(opened.store, opened.clock).find(user or "")).user.id if named else user
        async with opened.store.read() as connection:
            return await entries(connection, user_id=user_id, limit=limit)

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([_described(entry) for entry in found])
        return
    print_table(
        ("when", "what", "user", "actor", "from", "detail"),
        [
            (moment(one.created_at), one.type, one.user_id or "-", one.actor, one.ip_address or "-", _detail(one))
            for one in found
        ],
    )


def _detail(entry: AuditEntry) -> str:
    return " ".join(f"{name}={value}" for name, value in entry.detail.items() if value is not None)


def _described(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "type": entry.type,
        "created_at": moment(entry.created_at),
        "user_id": entry.user_id,
        "session_id": entry.session_id,
        "identity_id": entry.identity_id,
        "actor": entry.actor,
        "request_id": entry.request_id,
        "ip_address": entry.ip_address,
        "user_agent": entry.user_agent,
        "detail": dict(entry.detail),
    }
