"""Requests a minute and client address: starts, callbacks and token requests each for themselves.

An IPv6 client is its /64, since it has all of it. Peers on loopback without a forwarding header are the operator's own
machine and exempt. The window is fixed and kept in this process.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.clock import Clock
from broker.web.middleware.answers import refusal

WINDOW_SECONDS = 60


class RateLimit:
    """429 with `Retry-After` beyond the limit of a bucket. `paths` says which bucket counts a path."""

    def __init__(self, app: ASGIApp, *, paths: Mapping[str, str], limits: Mapping[str, int], clock: Clock) -> None:
        self.app = app
        self._paths = paths
        self._items = {bucket: RateLimitItemPerMinute(most, namespace=bucket) for bucket, most in limits.items()}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, or refuse it."""
        item = self._items.get(self._bucket(scope)) if scope["type"] == "http" else None
        if item is not None and not _is_own_machine(scope):
            who = _network_of(scope)
            if not self._limiter.hit(item, who):
                reset, _ = self._limiter.get_window_stats(item, who)
                wait = int(reset - self._clock.now()) + 1
                await refusal(429, retry_after=min(max(1, wait), WINDOW_SECONDS))(scope, receive, send)
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
