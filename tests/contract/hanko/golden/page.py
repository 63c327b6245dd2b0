"""The page of documented differences, read: every row of `docs/hanko/differences.md` whose first cell names exchanges.

A row names exchanges (`rest 1-4, 9`; several recordings apart by `;`; a recording's name alone for all of it) and
the aspects (in backticks, `*` for any text) that differ there, as `comparing` calls them.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.contract.hanko.golden.exchanges import RECORDINGS, Exchange

PAGE = Path(__file__).parents[4] / "docs" / "hanko" / "differences.md"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One documented difference; `numbers` by recording, `None` for all of it."""

    exchanges: dict[str, frozenset[int] | None]
    aspects: tuple[str, ...]
    reason: str

    def is_about(self, exchange: Exchange) -> bool:
        """Whether it names this exchange."""
        if exchange.recording not in self.exchanges:
            return False
        numbers = self.exchanges[exchange.recording]
        return numbers is None or exchange.number in numbers

    def names(self, aspect: str) -> bool:
        """Whether it names this aspect."""
        return any(self.names_by(word, aspect) for word in self.aspects)

    @staticmethod
    def names_by(word: str, aspect: str) -> bool:
        """Whether this word of a line means the aspect."""
        return fnmatchcase(aspect, word.replace("?", "[?]"))


def lines() -> list[Line]:
    """Every documented difference."""
    found = []
    for row in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].split(" ")[0].rstrip(";") in RECORDINGS:
            aspects = tuple(re.findall(r"`([^`]+)`", cells[1]))
            found.append(Line(exchanges=_exchanges(cells[0]), aspects=aspects, reason=cells[2]))
    return found


def _exchanges(cell: str) -> dict[str, frozenset[int] | None]:
    named: dict[str, frozenset[int] | None] = {}
    for part in cell.split(";"):
        recording, _, numbers = part.strip().partition(" ")
        named[recording] = frozenset(_numbers(numbers)) if numbers else None
    return named


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
