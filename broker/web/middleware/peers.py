"""Who is at the other end: addresses as sockets and headers spell them, and what counts as this machine."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

from broker.clock import Clock
from broker.telemetry.logging import get_logger

Address = IPv4Address | IPv6Address
Peer = tuple[str, int] | None
"""A client of the ASGI scope: `None`, or without a host, for one on a unix socket."""
REMIND_SECONDS = 3600


def read_address(text: str) -> Address | None:
    """An address, with or without brackets and port; an IPv4 address inside IPv6 is the IPv4 address."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_own_machine(peer: Peer) -> bool:
    """Whether whoever connected runs on this machine: over loopback or a unix socket."""
    if peer is None or not peer[0]:
        return True
    address = read_address(peer[0])
    return address is not None and address.is_loopback


def network_of(peer: Peer) -> str:
    """One client, as limits count them: an IPv6 client is its /64, since it has all of it."""
    if peer is None or not peer[0]:
        return "unix"
    address = read_address(peer[0])
    if address is None:
        return "unknown"
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)


def counted_client(scope: Scope) -> str | None:
    """Whom limits count for this request; `None` for what runs on this machine and speaks for nobody else."""
    if not scope.get("forwarded") and is_own_machine(scope.get("client")):
        return None
    return network_of(scope.get("counted_as") or scope.get("client"))


class Reminder:
    """A warning that is said at once, and again every hour while its cause is met: once alone scrolls away."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due = float("-inf")

    def warn(self, event: str, **facts: str) -> None:
        """Say it, unless it was said within the hour."""
        now = self._clock.monotonic()
        if now >= self._due:
            self._due = now + REMIND_SECONDS
            get_logger().warning(event, **facts)
