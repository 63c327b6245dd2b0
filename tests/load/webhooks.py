"""A receiver that is down for a minute while people sign in and the server is killed: does it get everything, in order?

    python -m tests.load.webhooks --seconds 60 --kills 5 --engine both

People sign in all the while and each sign-in that was acknowledged (its cookie reached the browser) was committed, so
the receiver must be told of it: at least once, each signature good, one person's sessions in the order in which they
were made. So must an application in WorkOS' form, which can read the same as a list (`tests/load/followed`). The
receiver answers 500 for so many seconds, then 200; `broker serve` is killed with `kill -9` meanwhile.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt

from tests.cli.commands import running
from tests.cli.houses import House, a_house
from tests.cli.kill9 import CUT, PEOPLE, a_database, registered_at
from tests.load.followed import Followed, application, followed, listed
from tests.webhooks.receiver import Receiver, receiving, verified

PATIENCE = 150.0
AT_ONCE = 3
PACE = 0.05
HOOK = "/hook"


@dataclass(kw_only=True)
class Tally:
    """What was seen. `sessions`: ids of acknowledged sessions, by user, in the order of acknowledgement."""

    kills: int = 0
    sessions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    told: int = 0
    listed: int = 0
    repeats: int = 0
    lost: int = 0
    out_of_order: int = 0
    bad_signatures: int = 0

    @property
    def acknowledged(self) -> int:
        """How many sign-ins."""
        return sum(map(len, self.sessions.values()))

    @property
    def faults(self) -> int:
        """What must not be."""
        return self.lost + self.out_of_order + self.bad_signatures

    def line(self) -> str:
        """For people."""
        return (
            f"{self.kills} kills, {self.acknowledged} acknowledged sign-ins, {self.refused} attempts refused, "
            f"{self.told} events told, {self.repeats} repeats, {self.listed} listed; "
            f"{self.lost} lost, {self.out_of_order} out of order, {self.bad_signatures} bad signatures"
        )


async def told_through_it(folder: Path, *, seconds: float, kills: int, database: str | None = None) -> Tally:
    """Let it all happen, and count."""
    tally = Tally()
    async with receiving() as receiver:
        ends = time.monotonic() + seconds
        receiver.answer = lambda _path: 500 if time.monotonic() < ends else 200
        hooks = json.dumps([{"callback": receiver.url(), "events": ["user", "session.create"]}])
        environment = {
            "BROKER_WEBHOOKS__HOOKS": hooks,
            "BROKER_SESSION__LIMIT": "1000000",
            "BROKER_WORKOS__ENABLED": "true",
            "BROKER_WORKOS__APPLICATIONS": application(receiver),
        }
        with a_house(folder, database=database, **environment) as house:
            house.changes.update(registered_at(house.emulator_url))
            with running("emulator", "--port", str(house.ports["emulator"]), folder=folder):
                for _ in range(kills):
                    await _one_life(house, tally, seconds=seconds / kills)
                await _last_life(house, tally, receiver)
    return tally


async def _one_life(house: House, tally: Tally, *, seconds: float) -> None:
    with house.serving() as server:
        groups = [PEOPLE[start::AT_ONCE] for start in range(AT_ONCE)]
        visitors = [asyncio.create_task(_people(house, tally, group)) for group in groups]
        await asyncio.sleep(seconds + random.uniform(0, 0.5))  # noqa: S311 -- any moment is as good as another
        server.send(signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL
        ends = await asyncio.gather(*visitors, return_exceptions=True)
        assert all(isinstance(ended, CUT) for ended in ends), ends
        tally.kills += 1


async def _people(house: House, tally: Tally, mine: Sequence[str]) -> None:
    """Sign in again and again, each person once at a time, so that the order of their sessions is known."""
    while True:
        for person in mine:
            async with house.browser() as browser:
                await house.sign_in(browser, person)
                token = browser.cookie("hanko")
                assert token is not None
                claims = jwt.decode(token, options={"verify_signature": False})
                tally.sessions[claims["sub"]].append(claims["session_id"])
            await asyncio.sleep(PACE)


async def _last_life(house: House, tally: Tally, receiver: Receiver) -> None:
    """Serve until everything was told, or patience is at its end; then count."""
    with house.serving():
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and _missing(tally, receiver):  # noqa: ASYNC110  the receiver has no event for it
            await asyncio.sleep(0.2)
        async with house.browser() as browser:
            jwks = json.loads((await browser.get("/.well-known/jwks.json")).body)["keys"]
            events = await listed(browser)
            while time.monotonic() < until and followed(receiver, events, tally.sessions).untold:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    _count(tally, receiver, jwks)
    _count_application(tally, followed(receiver, events, tally.sessions), events)


def _missing(tally: Tally, receiver: Receiver) -> int:
    told = {session for sessions in _told(receiver).values() for session in sessions}
    return sum(session not in told for sessions in tally.sessions.values() for session in sessions)


def _told(receiver: Receiver) -> dict[str, list[str]]:
    """The sessions that the receiver took, by user, each once, in the order in which they first came."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one in receiver.taken(HOOK):
        if one.body["event"] == "session.create":
            found[one.user_id][one.claims["data"]["id"]] = None
    return {user_id: list(sessions) for user_id, sessions in found.items()}


def _count(tally: Tally, receiver: Receiver, jwks: list[dict[str, Any]]) -> None:
    taken = receiver.taken(HOOK)
    tally.refused = len(receiver.received) - len(receiver.taken())
    tally.told = len({one.id for one in taken})
    tally.repeats = len(taken) - tally.told
    tally.lost = _missing(tally, receiver)
    told = _told(receiver)
    for user_id, sessions in tally.sessions.items():
        known = set(sessions)
        tally.out_of_order += [one for one in told.get(user_id, []) if one in known] != sessions
        first = next((one for one in taken if one.user_id == user_id), None)
        tally.out_of_order += first is None or first.body["event"] != "user.create"
    for one in receiver.received:
        if one.path != HOOK:
            continue
        try:
            verified(one.body["token"], jwks)
        except (jwt.PyJWTError, ValueError):
            tally.bad_signatures += 1


def _count_application(tally: Tally, found: Followed, events: Sequence[Mapping[str, Any]]) -> None:
    tally.listed = len(events)
    tally.lost += found.unlisted + found.untold
    tally.out_of_order += found.out_of_order
    tally.bad_signatures += found.bad_signatures


def main() -> int:
    """Run it on the engines asked for; 1 if anything was lost, out of order or wrongly signed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.webhooks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    given = parser.parse_args()
    faults = 0
    for engine in ("sqlite", "postgres") if given.engine == "both" else (given.engine,):
        with tempfile.TemporaryDirectory() as folder, a_database(engine) as database:
            work = told_through_it(Path(folder), seconds=given.seconds, kills=given.kills, database=database)
            tally = asyncio.run(work)
        sys.stdout.write(f"{engine}: {tally.line()}\n")
        sys.stdout.flush()
        faults += tally.faults
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
