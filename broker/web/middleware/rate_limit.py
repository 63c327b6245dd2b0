"""Requests a minute and client address: starts, callbacks and token requests each for themselves.

Peers on this machine without a forwarding header are the operator's own and exempt. Where a proxy here forgets that
header nobody is limited; to count them all as one would be worse, since a single stranger could lock everybody out: so
the operator is told, every hour.

Windows are fixed and kept in this process, in `Windows`: the library's own memory starts a thread that walks over every
client at each request (1.2 ms with 20,000 of them, against 2 µs here), and never refuses to grow.
"""

from collections.abc import Mapping
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.clock import Clock
from broker.web.answers import refusal
from broker.web.middleware.peers import Reminder, is_own_machine, network_of

MOST_WINDOWS = 200_000
"""Some 40 MB. Beyond it the oldest windows are forgotten: whoever has so many addresses is not held by this."""

_OF_PEOPLE = frozenset({"starts", "callbacks"})


class Windows(Storage):
    """Counts by key, each for one window from its first hit. All windows of one storage are equally long."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock, *, most: int = MOST_WINDOWS) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._open: dict[str, tuple[float, int]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails as a database would."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, in a new window if there is none. The windows stand in the order of their ends."""
        self._forget_the_past()
        if key not in self._open and len(self._open) >= self._most:
            del self._open[next(iter(self._open))]
        ends, count = self._open.get(key, (self._clock.monotonic() + expiry, 0))
        self._open[key] = (ends, count + amount)
        return count + amount

    def get(self, key: str) -> int:
        """What was counted in the open window."""
        self._forget_the_past()
        return self._open.get(key, (0.0, 0))[1]

    def get_expiry(self, key: str) -> float:
        """When the open window ends, on the monotonic clock."""
        return self._open.get(key, (self._clock.monotonic(), 0))[0]

    def check(self) -> bool:
        """It is there."""
        return True

    def reset(self) -> int:
        """Forget everything; answers how many windows."""
        forgotten = len(self._open)
        self._open.clear()
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one key."""
        self._open.pop(key, None)

    def _forget_the_past(self) -> None:
        now = self._clock.monotonic()
        while self._open:
            oldest = next(iter(self._open))
            if self._open[oldest][0] > now:
                return
            del self._open[oldest]


class RateLimit:
    """429 with `Retry-After` beyond the limit of a bucket. `paths` says which bucket counts a path.

    `faces_the_world`: people reach us from elsewhere, so a page load of this machine's own is seldom one.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        paths: Mapping[str, str],
        limits: Mapping[str, int],
        windows: Windows,
        clock: Clock,
        faces_the_world: bool = False,
    ) -> None:
        self.app = app
        self._paths = paths
        self._items = {bucket: RateLimitItemPerMinute(most, namespace=bucket) for bucket, most in limits.items()}
        self._limiter = FixedWindowRateLimiter(windows)
        self._clock = clock
        self._reminder = Reminder(clock) if faces_the_world else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, or refuse it."""
        item = self._items.get(self._bucket(scope)) if scope["type"] == "http" else None
        if item is not None and not self._is_exempt(scope, item.namespace):
            who = network_of(scope.get("counted_as") or scope.get("client"))
            is_admitted = self._limiter.hit(item, who)
            ends, left = self._limiter.get_window_stats(item, who)
            seconds = max(1, ceil(ends - self._clock.monotonic()))
            send = _telling(send, {"Limit": item.amount, "Remaining": left, "Reset": seconds})
            if not is_admitted:
                await refusal(scope, 429, retry_after=seconds)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _is_exempt(self, scope: Scope, bucket: str) -> bool:
        if scope.get("forwarded") or not is_own_machine(scope.get("client")):
            return False
        if self._reminder is not None and bucket in _OF_PEOPLE:
            self._reminder.warn(
                "page loads came from this machine without a forwarding header and are not limited",
                key="server.trusted_proxies",
            )
        return True

    def _bucket(self, scope: Scope) -> str:
        path: str = scope["path"]
        # Of a path with a parameter the table has what comes before it; one word more may follow.
        before = path.rpartition("/")[0]
        earlier = before.rpartition("/")[0]
        return self._paths.get(path) or self._paths.get(before + "/") or self._paths.get(earlier + "/") or ""


def _telling(send: Send, told: Mapping[str, int]) -> Send:
    """Send, and tell how much is left of the limit, as Hanko's clients expect it."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in told.items():
                headers[f"X-RateLimit-{name}"] = str(value)
        await send(message)

    return sending
