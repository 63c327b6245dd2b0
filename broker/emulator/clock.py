"""The emulator's time: the machine's clock, which control may shift, set or stop to see codes and tokens expire."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch: the machine's, or those of the moment it was stopped at, plus `offset`."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._stopped_at: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether time stands still."""
        return self._stopped_at is not None

    def now(self) -> float:
        """The present, in seconds since the epoch."""
        return self._machine() + self.offset

    def datetime(self) -> datetime:
        """The present, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def set(self, moment: float) -> None:
        """Make this the present, in seconds since the epoch."""
        self.offset = moment - self._machine()

    def stop(self) -> None:
        """Stand still until `run`; it can still be set and shifted."""
        if self._stopped_at is None:
            self._stopped_at = time.time()

    def run(self) -> None:
        """Go on from the moment it shows."""
        present = self.now()
        self._stopped_at = None
        self.set(present)

    def reset(self) -> None:
        """Show the machine's time again."""
        self.offset, self._stopped_at = 0.0, None

    def _machine(self) -> float:
        return time.time() if self._stopped_at is None else self._stopped_at
