"""Where posts may go whose URLs other people chose: https to public addresses, and what configuration lists beside.

Private addresses, and plain http, only within the listed networks. Here it is told what a URL or an address says by
itself; `net/poster` looks names up. Commands ask too, and should not wait for an HTTP library that they never use.
"""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from broker.net.addresses import AddressRefused, check_literal, is_public

LONGEST_URL = 2048
_URL = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PostTargets:
    """The places that this deployment's posts may reach."""

    def __init__(self, *, networks: Sequence[Network] = ()) -> None:
        """`networks`: the private ones that may be reached, by plain http too."""
        self._networks = tuple(networks)

    def complaint_about(self, unverified_url: str) -> str | None:
        """Why this URL is never asked, as far as it can be told without a look-up; `None` if nothing is wrong."""
        try:
            self._check_host(_host_of(unverified_url), plain=unverified_url.lower().startswith("http:"))
        except ValueError as error:
            return str(error)
        except AddressRefused as error:
            return error.strerror or "is refused"
        return None

    def may_reach(self, address: str, *, plain: bool) -> bool:
        """Whether this address may be connected to; `plain`: without TLS."""
        parsed = ipaddress.ip_address(address.partition("%")[0])
        inner = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        meant = inner or parsed
        if any(meant.version == network.version and meant in network for network in self._networks):
            return True
        return not plain and is_public(address)

    def _check_host(self, host: str, *, plain: bool) -> None:
        """Refuse what is spelled as an address which may not be reached; no resolver will ever see it."""
        try:
            address = str(ipaddress.ip_address(host))
        except ValueError:
            check_literal(host, named_hosts=frozenset())
            if plain and not self._networks:
                raise AddressRefused("must be https") from None
            return
        if not self.may_reach(address, plain=plain):
            raise AddressRefused("must be https" if is_public(address) else "is a private address")


def _host_of(url: str) -> str:
    """The URL's host without brackets. Raises `ValueError` for what is no plain absolute URL."""
    if len(url) > LONGEST_URL or not _URL.fullmatch(url) or "\\" in url:
        raise ValueError("must be a valid URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must be a valid URL") from None
    host = parts.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(bracketed) or port == 0:
        raise ValueError("must be a valid URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    return host
