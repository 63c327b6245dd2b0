"""The emulator's time: the machine's clock, which a test may move ahead to see a code expire."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, shifted by `offset` seconds."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """The present, in seconds since the epoch."""
        return time.time() + self.offset

    def datetime(self) -> datetime:
        """The present, as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)
