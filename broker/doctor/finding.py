"""What an examination finds: one line, and where something is to be done one remedy. Nothing secret is ever in it.

What a provider says reaches neither: of an error there is its number, and our own sentence for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Grade = Literal["ok", "note", "problem"]
GRADES: Final[tuple[Grade, ...]] = ("ok", "note", "problem")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A `problem` fails sign-ins, or is about to. `unreachable`: the fault may lie with whoever did not answer."""

    grade: Grade
    says: str
    remedy: str = ""
    unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """A finding, and the name of the check that it belongs to."""

    check: str
    finding: Finding


def ok(says: str) -> Finding:
    """As it should be."""
    return Finding(grade="ok", says=says)


def note(says: str, remedy: str) -> Finding:
    """Works, and is worth a look."""
    return Finding(grade="note", says=says, remedy=remedy)


def problem(says: str, remedy: str) -> Finding:
    """Does not work, or soon will not."""
    return Finding(grade="problem", says=says, remedy=remedy)


def unreachable(says: str, remedy: str) -> Finding:
    """Somebody whom we need did not answer."""
    return Finding(grade="problem", says=says, remedy=remedy, unreachable=True)


def is_well(found: Sequence[Found]) -> bool:
    """Whether nothing is a problem."""
    return all(each.finding.grade != "problem" for each in found)


def is_only_unreachable(found: Sequence[Found]) -> bool:
    """Whether there are problems, and all of them are that somebody did not answer."""
    problems = [each.finding for each in found if each.finding.grade == "problem"]
    return bool(problems) and all(each.unreachable for each in problems)
