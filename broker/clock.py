"""The one door to time, so that a test can hold it still.

Every point in time in models, rows and tokens is whole seconds since the epoch, in UTC.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What everything that needs the time is given."""

    def now(self) -> int:
        """Seconds since the epoch."""
        ...

    def now_ms(self) -> int:
        """Milliseconds since the epoch; only for the time part of an id."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; for timeouts and cool-downs."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Seconds since the epoch."""
        return int(time.time())

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds on the machine's monotonic clock."""
        return time.monotonic()


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, start: int = 1_790_000_000) -> None:
        self._ms = start * 1000

    def now(self) -> int:
        """Seconds since the epoch."""
        return self._ms // 1000

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self._ms

    def monotonic(self) -> float:
        """The same time as a float, since nothing else moves."""
        return self._ms / 1000

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._ms += int(seconds * 1000)
