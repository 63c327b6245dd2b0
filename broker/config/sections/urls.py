"""URLs and hosts as an operator writes them, held to one canonical spelling.

Browsers repair what they are given (upper case, default ports, `127.1`); here nothing is repaired. What is not
spelled the way a browser would print it is refused, so that comparing text is comparing origins (WHATWG URL).
The allowlist for what strangers send is not here: that is `signin/redirects`.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from broker.config.sections.section import Unfit

_URL = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^\s/?#@:\[\]\\]+)(?::([0-9]+))?([/?#].*)?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_REST = re.compile(r"[!#-;=?-\[\]_a-z~]*", re.ASCII)
_DEFAULT_PORT: Final = {"http": 80, "https": 443}
_MAXIMUM = 2048


@dataclass(frozen=True, kw_only=True)
class SplitUrl:
    """A canonical http(s) URL in its parts. `hostname` has no brackets, `port` is `None` where it is the default."""

    scheme: str
    hostname: str
    port: int | None
    rest: str

    @property
    def host(self) -> str:
        """Host and port as a `Host` header has them."""
        name = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return name if self.port is None else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454 6.2)."""
        return f"{self.scheme}://{self.host}"

    @property
    def path(self) -> str:
        """What stands before query and fragment, maybe empty."""
        return re.split(r"[?#]", self.rest, maxsplit=1)[0]


def split_url(text: str) -> SplitUrl:
    """Take a canonical absolute http(s) URL apart. Raises `Unfit` for any other."""
    if not text.isascii():
        raise Unfit("holds other characters than ASCII", "write a host in its xn-- form, a path percent-encoded")
    if len(text) > _MAXIMUM:
        raise Unfit("is longer than 2048 characters")
    found = _URL.fullmatch(text)
    if found is None:
        raise Unfit("is no absolute http or https URL", "for example https://login.example.com")
    scheme, host, port, rest = found.groups()
    if not _REST.fullmatch(rest or ""):
        raise Unfit("holds characters that a URL cannot have", "percent-encode them")
    return SplitUrl(scheme=scheme, hostname=read_host(host), port=_port(scheme, port), rest=rest or "")


def read_host(text: str) -> str:
    """A host name or address in the one spelling that a browser would print; brackets are taken off."""
    if text.startswith("["):
        return _canonical_ip(text[1:-1], ipaddress.IPv6Address)
    last = text.rpartition(".")[2]
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        return _canonical_ip(text, ipaddress.IPv4Address)
    if text != text.lower():
        raise Unfit("has a host in upper case", "write the host in lower case")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in text.split(".")):
        hint = "name each host by itself, without *" if "*" in text else ""
        raise Unfit("has no usable host name", hint)
    return text


def _canonical_ip(text: str, kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]) -> str:
    try:
        address = str(kind(text))
    except ValueError as error:
        raise Unfit("has no usable IP address as host") from error
    if address != text:
        raise Unfit("has an IP address in an unusual spelling", f"write {address}")
    return address


def _port(scheme: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not 1 <= len(text) <= 5 or text.startswith("0") or int(text) > 65535:
        raise Unfit("has no usable port")
    if int(text) == _DEFAULT_PORT[scheme]:
        raise Unfit("spells out the default port", f"leave :{text} out")
    return int(text)


def is_loopback(hostname: str) -> bool:
    """Whether a host name means this machine and no other: `localhost`, names below it, 127.0.0.0/8, `::1`."""
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False


def is_secure(url: SplitUrl) -> bool:
    """Whether nobody on the way can read along: https, or http that never leaves the machine."""
    return url.scheme == "https" or is_loopback(url.hostname)


def _origin(text: str) -> str:
    url = split_url(text)
    if url.rest not in ("", "/"):
        raise Unfit("has a path, query or fragment", f"write {url.origin}")
    return url.origin


def _url(text: str) -> str:
    split_url(text)
    return text


def _secure_url(text: str) -> str:
    if not is_secure(split_url(text)):
        raise Unfit("must be https; http only on loopback")
    return text


def _host_header(text: str) -> str:
    url = split_url(f"https://{text}") if "/" not in text else None
    if url is None or url.rest:
        raise Unfit("is no host name", "for example login.example.com or login.example.com:8443")
    return text


OriginUrl = Annotated[str, AfterValidator(_origin)]
"""Scheme, host and port; a lone slash behind them is taken off."""
WebUrl = Annotated[str, AfterValidator(_url)]
"""An absolute http(s) URL."""
SecureUrl = Annotated[str, AfterValidator(_secure_url)]
"""An absolute URL, https unless on loopback."""
HostName = Annotated[str, AfterValidator(_host_header)]
"""A host, with its port where that is not the default."""
