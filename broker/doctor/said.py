"""What Microsoft said: its AADSTS numbers, wherever they stand, and what an operator does about each.

The words around them are Microsoft's, may name people, and stay where they are.
"""

import re
from collections.abc import Sequence
from typing import Final

from broker.net.client import Answer
from broker.providers.microsoft.errors import BY_NUMBER, numbers_in
from broker.providers.refusals import Meaning

# How the sign-in page's own script is told of the error that the page shows.
_OF_A_PAGE = re.compile(r'"sErrorCode":"(\d{4,8})"')
_FALLBACK: Final = "look the number up: https://login.microsoftonline.com/error?code="


def said_by(answer: Answer) -> tuple[int, ...]:
    """The numbers in an answer's body, be it JSON or a page; those that we know come first."""
    text = answer.body.decode("utf-8", "replace")
    found = dict.fromkeys((*numbers_in(text), *map(int, _OF_A_PAGE.findall(text))))
    return tuple(sorted(found, key=lambda number: number not in BY_NUMBER))


def named(numbers: Sequence[int]) -> str:
    """The number that counts, and our words for it."""
    if not numbers:
        return "an error without a number"
    known = _known(numbers)
    number = next((each for each in numbers if each in BY_NUMBER), numbers[0])
    return f"AADSTS{number}, {known.hint}" if known is not None else f"AADSTS{number}"


def remedy_of(numbers: Sequence[int]) -> str:
    """What to do about the first of these numbers that we know."""
    known = _known(numbers)
    if known is not None:
        return known.remedy or known.hint
    return f"{_FALLBACK}{numbers[0]}" if numbers else "look at the registration in the portal"


def _known(numbers: Sequence[int]) -> Meaning | None:
    return next((BY_NUMBER[number] for number in numbers if number in BY_NUMBER), None)
