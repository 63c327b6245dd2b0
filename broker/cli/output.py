"""What commands print and how they end: tables for people, JSON for programs, one clear sentence for an error.

Much of what is listed was written by strangers; nothing of it reaches a terminal that the terminal would obey.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, NoReturn

import typer

from broker.errors import (
    BrokerError,
    ConfigError,
    SchemaMismatch,
    SealBroken,
    StoreUnavailable,
    UpstreamUnavailable,
)


class Exit(IntEnum):
    """How a command ends, for scripts."""

    DONE = 0
    NO = 1  # the answer is no, or the work failed, or a port is taken
    USAGE = 2
    UNAVAILABLE = 69  # a needed service cannot be reached
    CONFIGURATION = 78


def exit_code(error: BrokerError) -> Exit:
    """The exit code of an error."""
    if isinstance(error, ConfigError | SchemaMismatch | SealBroken):
        return Exit.CONFIGURATION
    if isinstance(error, StoreUnavailable | UpstreamUnavailable):
        return Exit.UNAVAILABLE
    return Exit.NO


@contextmanager
def told() -> Iterator[None]:
    """Turn an error that we foresaw into its sentence on standard error and its exit code."""
    try:
        yield
    except BrokerError as error:
        fail(error.detail or error.code, code=exit_code(error))


def fail(sentence: str, *, code: Exit = Exit.NO) -> NoReturn:
    """Say why on standard error and end."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def print_json(content: Any) -> None:
    """JSON for programs."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    typer.echo("".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text))


def print_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need to be; the header only on a terminal."""
    printed = [list(map(printable, line)) for line in lines]
    shown = [list(header), *printed] if sys.stdout.isatty() else printed
    if not shown:
        return
    widths = [max(len(line[column]) for line in shown) for column in range(len(header))]
    for line in shown:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def printable(cell: str) -> str:
    """The text with nothing in it that a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in cell)


def moment(seconds: int | None) -> str:
    """RFC 3339 in UTC, or a dash."""
    return "-" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_or_none(seconds: int | None) -> str | None:
    """For JSON."""
    return None if seconds is None else moment(seconds)
