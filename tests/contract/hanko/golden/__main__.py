"""`python -m tests.contract.hanko.golden`: what came of every recorded exchange."""

import asyncio
import logging
import tempfile
from pathlib import Path

import structlog

from tests.contract.hanko.golden.comparison import NOT_PLAYED, Outcome, compared
from tests.contract.hanko.golden.exchanges import RECORDINGS
from tests.contract.hanko.golden.page import Line, lines


async def main() -> int:
    """Print, and count what is unexplained."""
    unexplained = 0
    documented = lines()
    for recording in RECORDINGS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes = await compared(recording, Path(folder))
        unexplained += _print(recording, outcomes, documented)
    print(f"\n{unexplained} unexplained")  # noqa: T201 - printing is what it does
    return unexplained


def _print(recording: str, outcomes: list[Outcome], documented: list[Line]) -> int:
    odd = [each for each in outcomes if each.unexplained(documented)]
    matched = sum(1 for each in outcomes if not each.aspects)
    left = sum(1 for each in outcomes if each.aspects == NOT_PLAYED)
    known = len(outcomes) - matched - left - len(odd)
    print(f"{recording}: {matched} matched, {known} documented, {left} not played, {len(odd)} unexplained")  # noqa: T201
    for each in odd:
        print(f"  {each.exchange.name}, {each.exchange.what}: {', '.join(sorted(each.unexplained(documented)))}")  # noqa: T201
    return len(odd)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    raise SystemExit(1 if asyncio.run(main()) else 0)
