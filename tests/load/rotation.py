"""`python -m tests.load.rotation`: sign-ins that go on while secrets, keys and documents change and Microsoft stumbles.

500 sign-ins, 8 at a time, through a whole broker against the emulator. Meanwhile the first secret becomes invalid, the
signing keys roll normally and by emergency, the token endpoint answers 429 and then 503 (with `Retry-After`, as
Microsoft's do) for two seconds each, and discovery is down for a minute. Seconds and minute are real. What is not:
as the minute begins, the broker's monotonic clock is pushed ahead by more than the hour for which it keeps documents,
since otherwise it would not ask for them at all.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from broker.telemetry.logging import configure
from tests.load.expectation import SAID_BEFORE, Line, account
from tests.load.run import Moment, Run, Window, run
from tests.load.stage import Stage, stage

KEPT_SECONDS = 4_000.0
"""Longer than the broker keeps a document without asking again."""
EDGE_SECONDS = 1.3
"""A `Retry-After` is in whole seconds: it may end up to one after the trouble did."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much, and how long. `quick`: seconds that each untroubled stretch takes."""

    total: int = 500
    at_a_time: int = 8
    quick: float = 3.0
    trouble: int = 2
    minute: float = 60.0


@dataclass(kw_only=True)
class Script:
    """What happens in a run, in order."""

    stage: Stage
    scale: Scale
    asked_in_vain: int = 0

    def moments(self) -> list[Moment]:
        """Each with its share of the sign-ins, and the seconds over which these are spread."""
        scale = self.scale
        troubled = scale.trouble + EDGE_SECONDS + 0.2
        plan: list[tuple[float, float, Callable[[Run], Awaitable[None]]]] = [
            (0.10, scale.quick, self._nothing),
            (0.10, scale.quick, self._secret),
            (0.10, scale.quick, self._roll),
            (0.15, troubled, self._throttled),
            (0.15, troubled, self._down),
            (0.10, scale.quick, self._emergency),
            (0.24, scale.minute, self._outage),
            (0.06, scale.quick, self._back),
        ]
        found, before = [], 0
        for share, seconds, happens in plan:
            count = round(share * scale.total)
            found.append(Moment(before=before, happens=happens, pace=seconds / count))
            before += count
        return found

    async def _nothing(self, _run: Run) -> None:
        """All is well."""

    async def _secret(self, _run: Run) -> None:
        await self.stage.first_secret_becomes_invalid()

    async def _roll(self, _run: Run) -> None:
        await self.stage.emulator.keys("rotate")

    async def _emergency(self, _run: Run) -> None:
        await self.stage.emulator.keys("emergency")

    async def _throttled(self, run: Run) -> None:
        await self._token_trouble(run, throttle=self.scale.trouble)

    async def _down(self, run: Run) -> None:
        headers = {"Retry-After": "1"}
        await self._token_trouble(run, status=503, seconds=self.scale.trouble, headers=headers)

    async def _token_trouble(self, run: Run, **fault: object) -> None:
        asked = _now()
        await self.stage.emulator.fault("token", **fault)
        run.token_trouble.append(Window(begin=_now(), end=asked + self.scale.trouble, grace=EDGE_SECONDS))

    async def _outage(self, run: Run) -> None:
        asked = _now()
        self.asked_in_vain = -await self._asked_for_discovery()
        await self.stage.emulator.fault("discovery", status=503, seconds=self.scale.minute)
        self.stage.clock.advance(KEPT_SECONDS)
        run.outages.append(Window(begin=_now(), end=asked + self.scale.minute))

    async def _back(self, _run: Run) -> None:
        self.asked_in_vain += await self._asked_for_discovery()

    async def _asked_for_discovery(self) -> int:
        return (await self.stage.emulator.counters()).get("discovery", 0)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def rotation(folder: Path, scale: Scale) -> list[Line]:
    """The run, and what it came to."""
    async with stage(folder) as set_stage:
        script = Script(stage=set_stage, scale=scale)
        done = await run(set_stage.broker, total=scale.total, at_a_time=scale.at_a_time, moments=script.moments())
        return account(done, set_stage.log, total=scale.total, asked_in_vain=script.asked_in_vain)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.rotation", description="Sign-ins that nothing stops")
    parser.add_argument("--sign-ins", type=int, default=Scale.total)
    parser.add_argument("--at-a-time", type=int, default=Scale.at_a_time)
    parser.add_argument("--minute", type=float, default=Scale.minute, help="seconds for which discovery is down")
    given = parser.parse_args()
    print("Expected:", *(f"  {line}" for line in SAID_BEFORE), "", sep="\n", flush=True)  # noqa: T201
    configure(level="error")
    scale = Scale(total=given.sign_ins, at_a_time=given.at_a_time, minute=given.minute)
    with tempfile.TemporaryDirectory() as folder:
        lines = asyncio.run(rotation(Path(folder), scale))
    print(*lines, sep="\n")  # noqa: T201
    return 0 if all(line.holds for line in lines) else 1


if __name__ == "__main__":
    sys.exit(_main())
