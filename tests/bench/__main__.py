"""`python -m tests.bench [PART …]`: one line a figure; `--json FILE` writes them too. Without parts, all of them."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.bench import hanko, measures, workos
from tests.bench.measures import Figure, database_in
from tests.bench.server import emulated, served
from tests.postgres_server import PostgresServer

PARTS = ("logins", "flows", "classic", "authenticate", "refresh", "validate", "me", "start", "memory", "store")


async def main(parts: list[str], sign_ins: int, checks: int) -> list[Figure]:
    """All figures that were asked for."""
    figures: list[Figure] = []
    async with emulated() as emulator_url:
        for engine in ("SQLite", "PostgreSQL"):
            with _database(engine) as (folder, database):
                figures += await _of_engine(parts, engine, folder, database, emulator_url, sign_ins, checks)
    if "store" in parts:
        figures += await _store()
    return figures


@contextmanager
def _database(engine: str) -> Iterator[tuple[Path, str]]:
    """A folder and an empty database; PostgreSQL with its own settings, so that a commit reaches the disk."""
    with tempfile.TemporaryDirectory() as folder:
        if engine == "SQLite":
            yield Path(folder), database_in(Path(folder))
            return
        server = PostgresServer()
        try:
            server.start()
            yield Path(folder), server.url()
        finally:
            server.remove()


async def _of_engine(
    parts: list[str], engine: str, folder: Path, database: str, emulator_url: str, sign_ins: int, checks: int
) -> list[Figure]:
    figures: list[Figure] = []
    async with served(folder, database=database, emulator_url=emulator_url) as first:
        if "memory" in parts:
            figures.append(Figure(name=f"memory at start, {engine}", value=first.memory_mb(), unit="MB"))
        if "logins" in parts:
            figures += await measures.logins(first, count=sign_ins, engine=engine)
        if "flows" in parts:
            figures += await hanko.flows(first, count=sign_ins, engine=engine)
        if "validate" in parts:
            figures += await measures.validate(first, count=checks, engine=engine)
        if "me" in parts:
            figures += await measures.me(first, count=checks, engine=engine)
        if "memory" in parts:
            figures.append(Figure(name=f"memory after the load, {engine}", value=first.memory_mb(), unit="MB"))
    if "classic" in parts:
        async with served(folder, database=database, emulator_url=emulator_url, delivery="token") as by_token:
            figures += await hanko.classic(by_token, count=sign_ins, engine=engine)
    if "authenticate" in parts or "refresh" in parts:
        async with served(folder, database=database, emulator_url=emulator_url, applications=True) as serving:
            if "authenticate" in parts:
                figures += await workos.sign_ins(serving, count=sign_ins, engine=engine)
                figures += await workos.authenticate(serving, count=sign_ins, engine=engine)
            if "refresh" in parts:
                figures += await workos.refresh(serving, count=sign_ins, engine=engine)
    if "start" in parts:
        figures.append(await _start(folder, engine, database, emulator_url))
    for figure in figures:
        sys.stdout.write(figure.line() + "\n")
        sys.stdout.flush()
    return figures


async def _start(folder: Path, engine: str, database: str, emulator_url: str) -> Figure:
    """The best of five: noise only ever adds."""
    took: list[float] = []
    for _ in range(5):
        async with served(folder, database=database, emulator_url=emulator_url) as again:
            took.append(again.seconds_to_ready)
    return Figure(name=f"start to ready, {engine}", value=min(took), unit="s", remark=f"slowest {max(took):.2f}")


async def _store() -> list[Figure]:
    from tests.bench import store

    figures = [Figure(name=name, value=value, unit=unit) for name, value, unit in await store.run()]
    for figure in figures:
        sys.stdout.write(figure.line() + "\n")
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; all without any")
    parser.add_argument("--sign-ins", type=int, default=600)
    parser.add_argument("--checks", type=int, default=4000)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    given = parser.parse_args()
    found = asyncio.run(main(given.parts or list(PARTS), given.sign_ins, given.checks))
    if given.json:
        given.json.write_text(json.dumps([asdict(figure) for figure in found], indent=2) + "\n")
