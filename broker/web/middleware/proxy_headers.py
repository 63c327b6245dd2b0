"""The client's address behind proxies: the right-most one in `X-Forwarded-For` that we do not trust.

Only peers that the operator listed are believed; everything further left was written by strangers. A forwarding
header from an unlisted peer is ignored, and said every hour, with the key to set. Of the other forwarding headers
nothing is believed, but they too say that the peer is not the client.

An unlisted proxy on this machine is believed in one thing: whom to count for limits. Whoever else could write the
header there is exempt anyway, and people would otherwise share one limit that a single stranger can use up.
"""

from ipaddress import ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from broker.clock import Clock
from broker.web.middleware.peers import Address, Peer, Reminder, is_own_machine, read_address

_FOR, _PROTO = b"x-forwarded-for", b"x-forwarded-proto"
_FORWARDING = frozenset({_FOR, _PROTO, b"x-forwarded-host", b"x-real-ip", b"forwarded"})


class ProxyHeaders:
    """Replaces the peer by the client in the scope; sets `forwarded` when a proxy spoke for somebody.

    `counted_as` is set where somebody else than `client` is to be counted for limits.
    """

    def __init__(self, app: ASGIApp, *, trusted_proxies: tuple[str, ...], clock: Clock) -> None:
        self.app = app
        self._trusts_unix = "unix" in trusted_proxies
        self._networks = tuple(ip_network(one, strict=False) for one in trusted_proxies if one != "unix")
        self._reminder = Reminder(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the headers of a listed peer."""
        if scope["type"] == "http":
            found = [(name, value) for name, value in scope["headers"] if name in _FORWARDING]
            scope["forwarded"] = bool(found)
            if found:
                self._apply(scope, found)
        await self.app(scope, receive, send)

    def _apply(self, scope: Scope, found: list[tuple[bytes, bytes]]) -> None:
        peer, is_trusted = scope.get("client"), self._is_trusted_peer(scope.get("client"))
        lines = [value.decode("latin-1") for name, value in found if name == _FOR]
        client = self._right_most_stranger([part.strip() for line in lines for part in line.split(",")])
        if not is_trusted:
            self._warn(peer)
        if client is not None and (is_trusted or is_own_machine(peer)):
            scope["client" if is_trusted else "counted_as"] = (client, 0)
        proto = next((value for name, value in found if name == _PROTO), b"")
        if is_trusted and proto in (b"http", b"https"):
            scope["scheme"] = proto.decode()

    def _is_trusted_peer(self, peer: Peer) -> bool:
        if peer is None or not peer[0]:
            return self._trusts_unix
        address = read_address(peer[0])
        return address is not None and self._is_trusted(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def _right_most_stranger(self, chain: list[str]) -> str | None:
        """Everything right of it was written by a proxy of ours; a malformed entry ends what can be believed."""
        last_known: str | None = None
        for text in reversed(chain):
            # A zone is any text, and names an interface of whoever wrote it (RFC 4007 section 11).
            address = None if "%" in text else read_address(text)
            if address is None:
                return last_known
            last_known = str(address)
            if not self._is_trusted(address):
                return last_known
        return last_known

    def _warn(self, peer: Peer) -> None:
        self._reminder.warn(
            "a forwarding header came from a peer that is not listed and was ignored",
            peer=_peer_to_name(peer),
            key="server.trusted_proxies",
        )


def _peer_to_name(peer: Peer) -> str:
    """A proxy stands in a private network; an address from the internet may be a person's, and is not for the log."""
    if peer is None or not peer[0]:
        return "unix"
    address = read_address(peer[0])
    return str(address) if address is not None and not address.is_global else "public"
