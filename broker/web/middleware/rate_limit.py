"""Requests a minute and client address: starts, callbacks and token requests each for themselves.

An IPv6 client is its /64, since it has all of it. Peers on loopback without a forwarding header are the operator's own
machine and exempt. Windows are fixed and kept in this process, in `Windows`: the library's own memory starts a thread
that walks over every client at each request (1.2 ms with 20,000 of them, against 2 µs here), and never refuses to grow.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.clock import Clock
from broker.web.middleware.answers import refusal

MOST_WINDOWS = 200_000
"""Some 40 MB. Beyond it the oldest windows are forgotten: whoever has so many addresses is not held by this."""


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
    """429 with `Retry-After` beyond the limit of a bucket. `paths` says which bucket counts a path."""

    def __init__(self, app: ASGIApp, *, paths: Mapping[str, str], limits: Mapping[str, int], clock: Clock) -> None:
        self.app = app
        self._paths = paths
        self._items = {bucket: RateLimitItemPerMinute(most, namespace=bucket) for bucket, most in limits.items()}
        self._limiter = FixedWindowRateLimiter(Windows(clock))
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, or refuse it."""
        item = self._items.get(self._bucket(scope)) if scope["type"] == "http" else None
        if item is not None and not _is_own_machine(scope):
            who = _network_of(scope)
            if not self._limiter.hit(item, who):
                reset, _ = self._limiter.get_window_stats(item, who)
                await refusal(429, retry_after=max(1, ceil(reset - self._clock.monotonic())))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _bucket(self, scope: Scope) -> str:
        path: str = scope["path"]
        found = self._paths.get(path)
        if found is None and path.startswith("/thirdparty/callback/"):
            found = self._paths.get("/thirdparty/callback")
        return found or ""


def _is_own_machine(scope: Scope) -> bool:
    client = scope.get("client")
    if client is None or scope.get("forwarded"):
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _network_of(scope: Scope) -> str:
    client = scope.get("client")
    if client is None:
        return "unix"
    try:
        address = ip_address(client[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
