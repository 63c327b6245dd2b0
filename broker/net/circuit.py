"""When to leave a provider alone: after five failures in a row, or when it asked us to wait.

One `Circuit` stands before one endpoint of one provider in this process, so that a key set which answers 429 does not
stop the token endpoint. It knows nothing of HTTP; `net/client` reports what happened.
"""

from broker.clock import Clock
from broker.errors import UpstreamUnavailable

FAILURES_UNTIL_OPEN = 5
COOL_DOWN_SECONDS = 15.0
DEFAULT_HOLD_SECONDS = 5
LONGEST_HOLD_SECONDS = 3600
# A probe whose answer never comes (its task was cancelled) must not keep everybody else out for good.
_PROBE_SECONDS = 15.0


class Circuit:
    """Counts failures in a row and says when asking is pointless."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._held_until = 0.0

    def check(self) -> None:
        """Raise `UpstreamUnavailable` while the provider is left alone; `retry_after` says for how long.

        Once the cool-down is over one request is let through as a probe: the others keep waiting for its outcome, so
        that a provider which comes back is not met by everybody at once.
        """
        now = self._clock.monotonic()
        shut_until = max(self._closed_until, self._held_until)
        if now < shut_until:
            wait = max(1, round(shut_until - now))
            raise UpstreamUnavailable(f"left alone for another {wait} s", retry_after=wait)
        if self._failures >= FAILURES_UNTIL_OPEN:
            self._closed_until = now + _PROBE_SECONDS

    def succeeded(self) -> None:
        """The provider answered. What it asked us to wait stands: this answer may have been under way before."""
        self._failures = 0
        self._closed_until = 0.0

    def failed(self) -> None:
        """No answer, or one that says the provider is broken."""
        self._failures += 1
        if self._failures >= FAILURES_UNTIL_OPEN:
            self._closed_until = self._clock.monotonic() + COOL_DOWN_SECONDS

    def hold(self, seconds: int | None) -> int:
        """The provider asked to wait (`Retry-After`); returns the seconds we will: 1 to 3,600, 5 without a wish."""
        wanted = DEFAULT_HOLD_SECONDS if seconds is None else seconds
        wait = min(max(wanted, 1), LONGEST_HOLD_SECONDS)
        self._held_until = max(self._held_until, self._clock.monotonic() + wait)
        return wait
