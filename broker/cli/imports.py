"""`broker import`: people and keys of another product move in."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import fail, print_json, told

if TYPE_CHECKING:
    from broker.accounts.moving_in import Report
    from broker.cli.opened import Opened
    from broker.models.imports import ImportedUser
    from broker.moving.hanko_people import LeftOut, Party

commands = typer.Typer(no_args_is_help=True, help="Bring people along from another product.")
app.add_typer(commands, name="import")
SECRETS = "HANKO_SECRETS_KEYS"


@commands.callback()
def _group() -> None:
    """Keeps `hanko` a sub-command."""


@commands.command()
def hanko(
    config: ConfigOption = DEFAULT_CONFIG,
    users: Annotated[Path | None, typer.Option("--users", help="A JSON export, Hanko's or ours.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="A Hanko PostgreSQL; it is only read.")] = None,
    client_id: Annotated[
        str | None, typer.Option("--client-id", help="Microsoft's client id in Hanko; default: the configured one.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="HANKO=OURS, repeatable: google=custom_google.")
    ] = None,
    proven: Annotated[
        bool,
        typer.Option(
            "--verified-addresses-are-proof",
            help="Their owners proved them by a passcode: they count where linking is verified_both.",
        ),
    ] = False,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="Leave the signing keys where they are.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """People keep ids, addresses and dates; all of them come, or none. Running it again changes nothing.

    From a database, identities are recognised at the first sign-in, and the signing keys come along as retired ones;
    give Hanko's secrets, one a line or parted by commas, in HANKO_SECRETS_KEYS.
    Example: broker import hanko --database postgresql://hanko@localhost/hanko
    """
    from broker.cli.opened import with_database

    if (users is None) == (database is None):
        raise typer.BadParameter("give either --users FILE or --database URL")

    async def work(opened: "Opened") -> dict[str, Any]:
        if users is not None:
            return await _from_file(opened, users, proven=proven, dry_run=dry_run)
        parties = _parties(opened, client_id, mapping or [])
        assert database is not None  # noqa: S101 - one of the two is there
        return await _from_database(opened, database, parties, proven=proven, dry_run=dry_run, with_keys=not no_keys)

    with told():
        report = with_database(config, work)
    print_json(report) if as_json else _print(report, dry_run=dry_run)


async def _from_file(opened: "Opened", path: Path, *, proven: bool, dry_run: bool) -> dict[str, Any]:
    from broker.moving.people_file import ignored_members, people_in

    try:
        text = path.read_text("utf-8")  # noqa: ASYNC240 - a command of its own, nobody waits
    except (OSError, UnicodeError) as error:
        fail(f"{path} cannot be read: {error}")

    async def people() -> "AsyncIterator[ImportedUser]":
        for person in people_in(text, clock=opened.clock, proven=_proof(proven)):
            yield person

    report = await _bring(opened, people(), dry_run=dry_run, total=None)
    left = {f"{name} of users": count for name, count in ignored_members(text).items()}
    return _told(report) | {"left_out": left}


async def _from_database(
    opened: "Opened", url: str, parties: "dict[str, Party]", *, proven: bool, dry_run: bool, with_keys: bool
) -> dict[str, Any]:
    from broker.errors import ConfigError, StoreError
    from broker.moving.hanko_people import HankoPeople
    from broker.store.hanko_tables import HankoTables
    from broker.store.open import open_store

    if not url.startswith(("postgresql:", "postgres:")):
        raise ConfigError("--database is a PostgreSQL: postgresql://user:password@host:5432/hanko")
    source = await open_store(url, pool_min=1, pool_max=2, base_dir=opened.base_dir)
    try:
        tables = HankoTables(source)
        try:
            total = await tables.count()
        except StoreError as error:
            raise ConfigError(f"this is no Hanko database: {error.detail}") from error
        found = HankoPeople(tables, parties, proven=_proof(proven))
        report = await _bring(opened, found.people(), dry_run=dry_run, total=total)
        keys = await _keys(opened, tables, dry_run=dry_run) if with_keys else {}
    finally:
        await source.close()
    return _told(report) | {"left_out": _left_out(found.left_out)} | keys


async def _bring(
    opened: "Opened", people: "AsyncIterator[ImportedUser]", *, dry_run: bool, total: int | None
) -> "Report":
    from broker.accounts.moving_in import MovingIn

    def progress(read: int) -> None:
        of = "" if total is None else f" of {total}"
        typer.echo(f"{read}{of} users read", err=True)

    return await MovingIn(opened.store, opened.clock).bring(people, progress=progress, dry_run=dry_run)


async def _keys(opened: "Opened", tables: Any, *, dry_run: bool) -> dict[str, Any]:
    from broker.moving.hanko_keys import keep
    from broker.moving.hanko_keys import opened as opened_key

    secrets = [each for each in os.environ.get(SECRETS, "").replace(",", "\n").split("\n") if each]
    sealed = await tables.keys()
    if not secrets:
        typer.echo(f"{len(sealed)} signing keys stay behind: {SECRETS} holds no secret", err=True)
        return {"keys_left_out": len(sealed)}
    found = [opened_key(each, secrets) for each in sealed]
    jwks = [jwk for jwk in found if jwk is not None]
    if len(jwks) < len(sealed):
        left = len(sealed) - len(jwks)
        why = f"no secret in {SECRETS} opens them, or they are no RSA keys"
        typer.echo(f"{left} signing keys stay behind: {why}", err=True)
    if dry_run:
        return {"keys": [jwk["kid"] for jwk in jwks], "keys_left_out": len(sealed) - len(jwks)}
    fresh, known = await keep(opened.store, jwks, await opened.secrets(), opened.clock)
    return {"keys": fresh, "keys_known": known, "keys_left_out": len(sealed) - len(jwks)}


def _parties(opened: "Opened", client_id: str | None, mapping: list[str]) -> "dict[str, Party]":
    from broker.moving.hanko_people import Party

    third_party = opened.config.third_party
    found: dict[str, Party] = {}
    microsoft = client_id or third_party.providers.microsoft.client_id
    if microsoft is not None:
        found["microsoft"] = Party(provider="microsoft", provider_client_id=microsoft, issuer=None)
    for key, section in third_party.custom_providers.items():
        if section.client_id is not None and section.issuer is not None:
            party = Party(provider=f"custom_{key}", provider_client_id=section.client_id, issuer=section.issuer)
            found[f"custom_{key}"] = party
    for each in mapping:
        theirs, equals, ours = each.partition("=")
        if not equals or ours not in found:
            known = ", ".join(sorted(found)) or "none with client id and issuer"
            raise typer.BadParameter(f"{each}: write HANKO=OURS, ours being one of {known}", param_hint="--map")
        found[theirs] = found[ours]
    return found


def _proof(proven: bool) -> str | None:
    from broker.models.identities import IMPORTED_PROVEN

    return IMPORTED_PROVEN if proven else None


def _left_out(left: "LeftOut") -> dict[str, int]:
    return dict(left.identities) | ({"addresses that are none": left.addresses} if left.addresses else {})


def _told(report: "Report") -> dict[str, Any]:
    return dict(vars(report))


def _print(report: dict[str, Any], *, dry_run: bool) -> None:
    """What came of it, for people."""
    if dry_run:
        typer.echo("Only tried: nothing was changed.")
    here = report["read"] - report["added"]
    typer.echo(f"{report['read']} users read: {report['added']} added, {here} were here already.")
    typer.echo(
        f"{report['addresses']} addresses and {report['identities']} identities added;"
        f" {report['waiting']} identities wait for their first sign-in."
    )
    for name, count in report["left_out"].items():
        typer.echo(f"left out: {name} ({count})")
    if report.get("keys"):
        typer.echo(f"signing keys kept as retired ones: {', '.join(report['keys'])}")
    for note in report["notes"]:
        typer.echo(note)
