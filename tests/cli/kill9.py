"""`kill -9` in the midst of sign-ins, again and again: whatever a browser was told must be there afterwards.

    python -m tests.cli.kill9 --kills 50 --engine both

A session counts as acknowledged once its `Set-Cookie` has reached the client. After each kill the server is started
again on the same database, and the next sign-ins come; in the end every acknowledged token must still be valid. The
emulator is a process of its own, since Microsoft does not die with us.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.cli.commands import running
from tests.cli.houses import House, a_house
from tests.postgres_server import PostgresServer

PEOPLE = ("alice", "bob", "carol", "dave", "erin", "ivan", "mallory", "nina")
AT_ONCE = 8
CUT = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError)


@dataclass(kw_only=True)
class Tally:
    """What was seen: `cut` sign-ins were under way when the server died; `lost` tokens are valid no more."""

    kills: int = 0
    acknowledged: list[str] = field(default_factory=list)
    cut: int = 0
    lost: int = 0

    def line(self) -> str:
        """For people."""
        told = len(self.acknowledged)
        return f"{self.kills} kills, {told} acknowledged sessions, {self.cut} sign-ins cut off, {self.lost} lost"


async def killed_again_and_again(folder: Path, *, kills: int, at_least: int, database: str | None = None) -> Tally:
    """Kill so many times, each after `at_least` more acknowledged sessions and a random moment, and count."""
    tally = Tally()
    with a_house(folder, database=database, BROKER_SESSION__LIMIT="1000000") as house:
        house.changes.update(registered_at(house.emulator_url))
        with running("emulator", "--port", str(house.ports["emulator"]), folder=folder):
            for _ in range(kills):
                await _one_life(house, tally, at_least=at_least)
            with house.serving():
                for token in tally.acknowledged:
                    tally.lost += not await house.is_valid(token)
    return tally


async def _one_life(house: House, tally: Tally, *, at_least: int) -> None:
    with house.serving() as server:
        enough, before = asyncio.Event(), len(tally.acknowledged)
        if tally.acknowledged:  # the last that the life before acknowledged, first thing in this one
            tally.lost += not await house.is_valid(tally.acknowledged[-1])

        async def visitor() -> None:
            while True:
                async with house.browser() as browser:
                    await house.sign_in(browser, random.choice(PEOPLE))  # noqa: S311 -- not for secrets
                    token = browser.cookie("hanko")
                    assert token is not None
                    tally.acknowledged.append(token)
                    if len(tally.acknowledged) - before >= at_least:
                        enough.set()

        visitors = [asyncio.create_task(visitor()) for _ in range(AT_ONCE)]
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait([waiting, *visitors], return_when=asyncio.FIRST_COMPLETED, timeout=60)
        waiting.cancel()
        await asyncio.sleep(random.uniform(0, 0.03))  # noqa: S311 -- any moment of a sign-in is as good as another
        server.send(signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL
        ends = await asyncio.gather(*visitors, return_exceptions=True)
        assert all(isinstance(ended, CUT) for ended in ends), ends
        tally.kills += 1
        tally.cut += AT_ONCE


def registered_at(emulator_url: str) -> dict[str, str]:
    """What registers the broker at the emulator as an organisation's does at Microsoft."""
    microsoft = {
        "CLIENT_ID": "c11e0000-0000-4000-8000-00000000000c",
        "SECRET": "emulator-secret",
        "CLOUD": "custom",
        "AUTHORITY": emulator_url,
    }
    return {f"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__{key}": value for key, value in microsoft.items()}


@contextmanager
def a_database(engine: str) -> Iterator[str | None]:
    """PostgreSQL with its own settings, so that a commit reaches the disk."""
    if engine == "sqlite":
        yield None
        return
    server = PostgresServer()
    try:
        server.start()
        yield server.url()
    finally:
        server.remove()


def main() -> int:
    """Run it on the engines asked for; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.cli.kill9", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--sessions", type=int, default=5, help="at least so many between two kills")
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    given = parser.parse_args()
    lost = 0
    for engine in ("sqlite", "postgres") if given.engine == "both" else (given.engine,):
        with tempfile.TemporaryDirectory() as folder, a_database(engine) as database:
            work = killed_again_and_again(Path(folder), kills=given.kills, at_least=given.sessions, database=database)
            tally = asyncio.run(work)
        sys.stdout.write(f"{engine}: {tally.line()}\n")
        sys.stdout.flush()
        lost += tally.lost
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
