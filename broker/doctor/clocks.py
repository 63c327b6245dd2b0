"""Our clock beside theirs: a token that is not yet valid, or an assertion from the future, is a clock that is off."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok, problem
from broker.doctor.upstream import Upstream

NOTE_SECONDS: Final = 10
PROBLEM_SECONDS: Final = 60
"""The leeway that every check of a token's times grants."""
_REMEDY: Final = "set this machine's clock by NTP (timedatectl set-ntp true)"


async def clocks(examination: Examination) -> AsyncIterator[Finding]:
    """One finding for each whom we asked anything."""
    for name, upstream in _asked(examination):
        if upstream.skews:
            yield _judged(name, min(upstream.skews, key=abs))


def _asked(examination: Examination) -> Iterator[tuple[str, Upstream]]:
    if examination.microsoft is not None:
        yield "Microsoft's", examination.microsoft.upstream
    for custom in examination.custom:
        yield f"that of custom_{custom.key}", custom.upstream


def _judged(name: str, skew: int) -> Finding:
    """`skew`: the smallest that was seen; a slow answer only ever makes it larger."""
    direction = "behind" if skew > 0 else "ahead of"
    says = f"this machine's clock is {abs(skew)} s {direction} {name}"
    if abs(skew) > PROBLEM_SECONDS:
        return problem(f"{says}, and tokens are checked to {PROBLEM_SECONDS} s", _REMEDY)
    if abs(skew) > NOTE_SECONDS:
        return note(says, _REMEDY)
    return ok(f"this machine's clock agrees with {name}")
