"""The client's address behind proxies: the right-most one in `X-Forwarded-For` that we do not trust.

Only peers that the operator listed are believed; everything further left was written by strangers. A forwarding
header from an unlisted peer is ignored, and said once, with the key to set. Of the other forwarding headers nothing is
believed, but they too say that the peer is not the client.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.telemetry.logging import get_logger

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_FORWARDING = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded")


class ProxyHeaders:
    """Replaces the peer by the client in the scope; sets `forwarded` when a proxy spoke for somebody."""

    def __init__(self, app: ASGIApp, *, trusted_proxies: tuple[str, ...]) -> None:
        self.app = app
        self._trusts_unix = "unix" in trusted_proxies
        self._networks = tuple(ip_network(one, strict=False) for one in trusted_proxies if one != "unix")
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the headers of a listed peer."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            chain = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
            proto = headers.get("x-forwarded-proto")
            scope["forwarded"] = any(name in headers for name in _FORWARDING)
            if scope["forwarded"]:
                self._apply(scope, chain, proto)
        await self.app(scope, receive, send)

    def _apply(self, scope: Scope, chain: list[str], proto: str | None) -> None:
        peer = scope.get("client")
        if not self._is_trusted_peer(peer):
            self._warn(peer)
            return
        if proto in ("http", "https"):
            scope["scheme"] = proto
        client = self._right_most_stranger(chain)
        if client is not None:
            scope["client"] = (client, 0)

    def _is_trusted_peer(self, peer: tuple[str, int] | None) -> bool:
        if peer is None or not peer[0]:
            return self._trusts_unix
        address = _address(peer[0])
        return address is not None and self._is_trusted(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def _right_most_stranger(self, chain: list[str]) -> str | None:
        """Everything right of it was written by a proxy of ours; a malformed entry ends what can be believed."""
        last_known: str | None = None
        for text in reversed(chain):
            # A zone is any text, and names an interface of whoever wrote it (RFC 4007 section 11).
            address = None if "%" in text else _address(text)
            if address is None:
                return last_known
            last_known = str(address)
            if not self._is_trusted(address):
                return last_known
        return last_known

    def _warn(self, peer: tuple[str, int] | None) -> None:
        if not self._warned:
            self._warned = True
            get_logger().warning(
                "a forwarding header came from a peer that is not listed and was ignored",
                peer=_peer_to_name(peer),
                key="server.trusted_proxies",
            )


def _peer_to_name(peer: tuple[str, int] | None) -> str:
    """A proxy stands in a private network; an address from the internet may be a person's, and is not for the log."""
    if peer is None or not peer[0]:
        return "unix"
    address = _address(peer[0])
    return str(address) if address is not None and not address.is_global else "public"


def _address(text: str) -> Address | None:
    """An address, with or without brackets and port; an IPv4 address inside IPv6 is the IPv4 address."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
