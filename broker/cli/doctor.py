"""`broker doctor`: try beforehand what would otherwise fail in front of somebody who signs in."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import Exit, print_json, printable, told

if TYPE_CHECKING:
    from broker.doctor.finding import Found

OfflineOption = Annotated[bool, typer.Option("--offline", help="Ask no provider; look at what is here.")]
AcceptOption = Annotated[
    str | None,
    typer.Option("--accept", metavar="DOMAIN", help="Believe the directory that a configured domain belongs to now."),
]


@app.command()
def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    accept: AcceptOption = None,
    offline: OfflineOption = False,
) -> None:
    """Try providers, credentials, clock, cookies and database, and say what to mend. Example: broker doctor"""
    from broker.doctor.finding import is_only_unreachable, is_well

    with told():
        found = asyncio.run(_found(config, accept=accept, offline=offline))
    if as_json:
        print_json([_as_json(each) for each in found])
    else:
        _print(found)
    if not is_well(found):
        raise typer.Exit(Exit.UNAVAILABLE if is_only_unreachable(found) else Exit.NO)


async def _found(config: Path, *, accept: str | None, offline: bool) -> "Sequence[Found]":
    from broker.cli.opened import load_config
    from broker.clock import SystemClock
    from broker.doctor.checks import examine
    from broker.doctor.examination import opened

    loaded = load_config(config)
    async with opened(loaded, clock=SystemClock(), environ=os.environ, offline=offline, accept=accept) as examination:
        return await examine(examination)


def _as_json(found: "Found") -> dict[str, str]:
    finding = found.finding
    return {"check": found.check, "grade": finding.grade, "finding": finding.says, "remedy": finding.remedy}


def _print(found: "Sequence[Found]") -> None:
    """What is well first: what is to be done stands last, where a terminal leaves the reader."""
    from broker.doctor.finding import GRADES

    for grade in GRADES:
        for each in found:
            if each.finding.grade == grade:
                typer.echo(printable(f"{grade:<8} {each.check}: {each.finding.says}"))
                if each.finding.remedy:
                    typer.echo(printable(f"         → {each.finding.remedy}"))
    counts = [f"{sum(each.finding.grade == grade for each in found)} {word}" for grade, word in _WORDS]
    typer.echo(", ".join(counts))


_WORDS = (("ok", "ok"), ("note", "to look at"), ("problem", "to mend"))
