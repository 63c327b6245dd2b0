"""`broker users`: list, show, lock, unlock, delete, export."""

from pathlib import Path
from typing import Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import fail, moment, print_json, print_table, told
from broker.cli.spelled_ids import USER, user_named
from broker.models.users import UserProfile

commands = typer.Typer(no_args_is_help=True, help="The people who signed in here.")
app.add_typer(commands, name="users")
UserArgument = Annotated[str, typer.Argument(help=USER, callback=user_named)]


@commands.command("list")
def list_users(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """All users, in the order in which they came. Example: broker users list --json"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> list[UserProfile]:
        users, found = Users(opened.store, opened.clock), list[UserProfile]()
        while page := await users.list(after=found[-1].user.id if found else None):
            found += page
        return found

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([described(profile) for profile in found])
        return
    print_table(
        ("id", "primary address", "identities", "created", "state"),
        [
            (
                profile.user.id,
                profile.primary_email.address if profile.primary_email else "-",
                ", ".join(identity.provider for identity in profile.identities),
                moment(profile.user.created_at),
                "locked" if profile.user.locked_at is not None else "active",
            )
            for profile in found
        ],
    )


@commands.command()
def show(user: UserArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """One user with addresses and identities. Example: broker users show alice@alder.example"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database
    from broker.web.workos.ids import spelled

    async def work(opened: Opened) -> UserProfile:
        return await Users(opened.store, opened.clock).find(user)

    with told():
        profile = with_database(config, work)
    if as_json:
        print_json(described(profile))
        return
    typer.echo(f"{profile.user.id}  {profile.user.name or '-'}  since {moment(profile.user.created_at)}")
    typer.echo(f"for applications: {spelled('user', profile.user.id)}")
    typer.echo(f"state: {'locked' if profile.user.locked_at is not None else 'active'}")
    for email in profile.emails:
        proof = email.verified_by or "nothing"
        typer.echo(f"address: {email.address}{' (primary)' if email.is_primary else ''}, proven by {proof}")
    for identity in profile.identities:
        typer.echo(f"identity: {identity.provider} {identity.subject_key}")


@commands.command()
def lock(user: UserArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Refuse further sign-ins and end all sessions at once. Example: broker users lock alice@alder.example"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> int:
        users = Users(opened.store, opened.clock)
        return await users.lock((await users.find(user)).user.id)

    with told():
        ended = with_database(config, work)
    typer.echo(f"{user} is locked; {ended} sessions ended")


@commands.command()
def unlock(user: UserArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let a locked user sign in again. Example: broker users unlock alice@alder.example"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database

    async def work(opened: Opened) -> None:
        users = Users(opened.store, opened.clock)
        await users.unlock((await users.find(user)).user.id)

    with told():
        with_database(config, work)
    typer.echo(f"{user} may sign in again")


@commands.command()
def delete(
    user: UserArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a user with addresses, identities and sessions. Example: broker users delete alice@alder.example --yes"""
    from broker.accounts.users import Users
    from broker.cli.opened import Opened, with_database

    if not yes:
        typer.confirm(f"Forget {user} for good? Somebody who is only to be kept out is locked instead.", abort=True)

    async def work(opened: Opened) -> None:
        users = Users(opened.store, opened.clock)
        await users.delete((await users.find(user)).user.id)

    with told():
        with_database(config, work)
    typer.echo(f"{user} is deleted")


@commands.command()
def export(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--out", help="Write into this file, mode 0600.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Everybody as JSON, for `broker import hanko --users`. Example: broker users export --out users.json"""
    from broker.cli.opened import with_database
    from broker.moving.people_export import people_as_json
    from broker.private_file import replace

    if out is not None and out.exists() and not force:
        fail(f"{out} is there already; --force replaces it")
    with told():
        text = with_database(config, lambda opened: people_as_json(opened.store, _count))
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        replace(out, text.encode())
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}")
    typer.echo(f"written to {out}", err=True)


def _count(written: int) -> None:
    typer.echo(f"{written} users written", err=True)


def described(profile: UserProfile) -> dict[str, Any]:
    """A user as the admin API names things."""
    return {
        "id": profile.user.id,
        "emails": [
            {
                "address": email.address,
                "is_verified": email.is_verified,
                "is_primary": email.is_primary,
                "verified_by": email.verified_by,
            }
            for email in profile.emails
        ],
        "identities": [
            {"provider": identity.provider, "subject_key": identity.subject_key, "tenant": identity.tenant}
            for identity in profile.identities
        ],
        "name": profile.user.name,
        "created_at": moment(profile.user.created_at),
        "locked": profile.user.locked_at is not None,
    }
