"""When to tell a hook again that did not take an event, and when to let it be.

Twice as long after each attempt, up to an hour, a little earlier or later so that not everything comes at once. After
a day it is given up, but never before it was tried a few times: what waited behind it has its turn, too.
"""

LONGEST_SECONDS = 3600
MOST_ATTEMPTS = 35
GIVE_UP_AFTER_SECONDS = 86_400
FEWEST_ATTEMPTS = 5
JITTER = 0.25
FAILURES_UNTIL_HELD = 3
LONGEST_HOLD_SECONDS = 30


def wait_after(attempts: int, *, chance: float) -> int:
    """Seconds until the next attempt; `chance` from 0 to 1."""
    wait = min(1 << min(attempts - 1, 12), LONGEST_SECONDS)
    return max(1, round(wait * (1 - JITTER + 2 * JITTER * chance)))


def is_over(attempts: int, *, age: int) -> bool:
    """Whether to give up after so many attempts at an event that happened `age` seconds ago."""
    return attempts >= MOST_ATTEMPTS or (age >= GIVE_UP_AFTER_SECONDS and attempts >= FEWEST_ATTEMPTS)


def bounded(retry_after: int) -> int:
    """How long we leave a hook alone that says when to come back."""
    return min(max(retry_after, 1), LONGEST_SECONDS)


class Standing:
    """How one hook does, as one server sees it: after three failures in a row it is left alone for a while."""

    def __init__(self) -> None:
        self.under_way = 0
        self._failures = 0
        self._held_until = 0.0

    def room(self, most: int, *, now: float) -> int:
        """How many more may be under way; one alone while it is not known to work."""
        if now < self._held_until:
            return 0
        return (1 if self._failures >= FAILURES_UNTIL_HELD else most) - self.under_way

    def succeeded(self) -> None:
        """It works."""
        self._failures = 0
        self._held_until = 0.0

    def failed(self, retry_after: int | None, *, now: float) -> None:
        """It does not; `retry_after` where it says when it will."""
        self._failures += 1
        hold = 0
        if retry_after is not None:
            hold = bounded(retry_after)
        elif self._failures >= FAILURES_UNTIL_HELD:
            hold = min(1 << min(self._failures - FAILURES_UNTIL_HELD, 10), LONGEST_HOLD_SECONDS)
        self._held_until = max(self._held_until, now + hold)
