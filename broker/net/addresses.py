"""Which network addresses a request may reach: public ones, and private ones only under a name that the operator wrote.

Stops a metadata document, or a DNS answer that changes between two look-ups, from leading us to a machine inside the
operator's network (server-side request forgery). `net/client` asks it about the very answer that is connected to.
"""

import errno
import ipaddress


class AddressRefused(OSError):
    """A host that configuration does not name points into a private network, or a URL is none that we ask."""

    def __init__(self, reason: str) -> None:
        # With a number, because the HTTP library shows nothing of an error of the system's that has only a text.
        super().__init__(errno.EACCES, reason)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")


def is_loopback_host(host: str) -> bool:
    """Whether this host, by its name alone, is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an address literal is globally reachable; IPv4 inside IPv6 is judged as the IPv4 that it is."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is not None:
            return is_public(str(inner))
        # NAT64 (RFC 6052): the last 32 bits are the address that is really reached.
        if parsed in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
        # Nothing else is given out to anybody (RFC 4291 2.4), but `is_global` knows only what is known to be special:
        # not a site's own addresses of old, nor translators of a network's own (RFC 8215).
        if parsed not in _GLOBAL_UNICAST or parsed in _DOCUMENTATION:
            return False
    return parsed.is_global and not parsed.is_multicast


def check_literal(host: str, *, named_hosts: frozenset[str]) -> None:
    """Refuse a host spelled as a private address, which no resolver will ever see, unless configuration names it.

    So is one without a letter that is no address: every name has one in its last label (RFC 3696 section 2), and the
    HTTP library makes an address of full-width and circled digits (UTS 46) and asks nobody about it.
    """
    bare = host.strip("[]")
    if bare.lower() in named_hosts:
        return
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if not any(map(str.isalpha, bare)):
            raise AddressRefused("a host without a letter that is no address either") from None
        return
    if not is_public(bare):
        raise AddressRefused(f"{bare} is a private address that configuration does not name")
