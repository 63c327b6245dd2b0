"""What Microsoft said: its AADSTS numbers, wherever they stand, and what an operator does about each.

The words around them are Microsoft's, may name people, and stay where they are.
"""

import re

from broker.net.client import Answer
from broker.providers.microsoft.errors import BY_NUMBER, numbers_in

# How the sign-in page's own script is told of the error that the page shows.
_OF_A_PAGE = re.compile(r'"sErrorCode":"(\d{4,8})"')
_FALLBACK = "look the number up: https://login.microsoftonline.com/error?code="


def said_by(answer: Answer) -> tuple[int, ...]:
    """The numbers in an answer's body, be it JSON or a page; those that we know come first."""
    text = answer.body.decode("utf-8", "replace")
    found = dict.fromkeys((*numbers_in(text), *map(int, _OF_A_PAGE.findall(text))))
    return tuple(sorted(found, key=lambda number: number not in BY_NUMBER))


def remedy_of(*numbers: int) -> str:
    """What to do about the first of these numbers that we know."""
    for number in numbers:
        known = BY_NUMBER.get(number)
        if known is not None:
            return known.hint
    return f"{_FALLBACK}{numbers[0]}" if numbers else "look at the registration"
