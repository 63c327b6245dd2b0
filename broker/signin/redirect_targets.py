"""From an unverified URL to a checked target: everything that is refused before any pattern is asked.

We read a URL by the rules browsers use (WHATWG URL Standard, through ada) and refuse whatever those rules would repair:
where the text as written and the place it leads to differ, somebody is hoping that two readers disagree. What is left
is spelled the one way every reader understands. Which of it is allowed is the business of `redirect_patterns`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import ada_url

from broker.errors import ConfigError, RedirectNotAllowed

MAX_URL_CHARACTERS: Final = 2048

# Every reason to refuse a URL, by its stable name, in the order in which they are asked.
RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "too-long": "the URL has more than 2,048 characters",
        "control-character": "white space, control characters and lone surrogates are refused anywhere in a URL",
        "backslash": "browsers read a backslash as a slash, other readers do not; none is admitted",
        "not-absolute": "the URL does not begin with scheme://host",
        "user-info": "the part before the host carries a user name or password (anything before an @)",
        "scheme": "only http and https are admitted, and the custom schemes that a pattern spells out",
        "port": "the port is not written as a plain number from 1 to 65535",
        "unparsable": "browsers cannot parse this URL",
        "not-canonical-host": "the host is not written as browsers write it (encoded, mapped or shortened spelling)",
        "trailing-dot": "the host ends with a dot",
        "host-label": "a part of the host is empty, too long, or has other than letters, digits, hyphen and underscore",
        "encoded-separator": "the path holds an encoded slash, backslash or dot (%2f, %5c, %2e)",
        "encoded-control": "the path holds an encoded control character (%00 to %1f)",
        "dot-segment": "the path holds a . or .. segment",
        "own-origin": "the URL leads to the broker itself, on whose origin a pattern must spell the folder out",
        "http-not-loopback": "without a pattern that spells http, plain http is admitted on loopback only",
        "no-pattern": "no pattern of the allowlist admits this URL",
    }
)

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]+)([^?#]*)")
# The path is not part of the authority's match, so a ":" or "]" in it cannot move the end of the host.
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(.*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOST_LABELS = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_ENCODED_SEPARATOR = re.compile(r"%(?:2[ef]|5c)", re.IGNORECASE)
_ENCODED_CONTROL = re.compile(r"%[01][0-9a-f]", re.IGNORECASE)
_DOT_SEGMENT = re.compile(r"/\.\.?(?:[/;]|$)")  # with ";": servlet engines cut parameters before they resolve dots
_PUNYCODE_LABEL = re.compile(r"(?:^|\.)xn--", re.IGNORECASE)
_MAX_HOST_CHARACTERS = 253
_DEFAULT_PORTS: Mapping[str, str] = {"http": "80", "https": "443"}
WEB_SCHEMES: Final = frozenset(_DEFAULT_PORTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A URL that passed every rule which needs no pattern.

    `url` is what a browser will make of it, the only text that may be sent on. `port` is empty for the default port,
    `host` keeps the brackets of an IPv6 address.
    """

    url: str
    scheme: str
    host: str
    port: str
    path: str

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`, as browsers serialise it."""
        return f"{self.scheme}://{self.host}:{self.port}" if self.port else f"{self.scheme}://{self.host}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host can only be this very machine: `localhost`, 127.0.0.0/8 or `[::1]`."""
        return self.host in ("localhost", "[::1]") or (self.host.startswith("127.") and is_ipv4(self.host))


def is_ipv4(host: str) -> bool:
    """Whether a canonical host is an IPv4 address: by WHATWG no other host ends in a number."""
    return host.rpartition(".")[2].isdigit()


def refusal(rule: str) -> RedirectNotAllowed:
    """The error for one of `RULES`."""
    return RedirectNotAllowed(rule, f"redirect target refused by {rule}: {RULES[rule]}")


def read_target(unverified_url: str, *, custom_schemes: frozenset[str] = frozenset()) -> Target:
    """Check a URL from outside; `custom_schemes` are those that a pattern spells out, in lower case.

    Raises `RedirectNotAllowed` naming the first of `RULES` that it breaks.
    """
    _check_characters(unverified_url)
    shape = _SHAPE.match(unverified_url)
    if shape is None:
        raise refusal("not-absolute")
    written_scheme, authority, written_path = shape.groups()
    if "@" in authority:
        raise refusal("user-info")
    scheme = written_scheme.lower()
    if scheme not in WEB_SCHEMES and scheme not in custom_schemes:
        raise refusal("scheme")
    written_host, port = _split_authority(authority, scheme)
    parsed = _parse(unverified_url)
    host = parsed.hostname
    _check_host(written_host, host)
    _check_path(written_path)
    url = parsed.href
    if len(url) > MAX_URL_CHARACTERS:  # encoding may have made it longer, and what we admit must stay admitted
        raise refusal("too-long")
    target = Target(url=url, scheme=scheme, host=host, port=port, path=parsed.pathname or "/")
    _check_agreement(target)
    return target


def parse_origin(url: str) -> str:
    """The origin of a URL that the configuration names, as browsers serialise it.

    Raises `ConfigError` where the URL is not one that we would send a browser to.
    """
    scheme = url.partition("://")[0].lower()
    try:
        return read_target(url, custom_schemes=frozenset({scheme})).origin
    except RedirectNotAllowed as refused:
        raise ConfigError(f"{RULES[refused.rule]}: {url!r}") from refused


def _check_characters(unverified_url: str) -> None:
    """WHATWG parsers drop tabs and newlines and trim blanks, so that `java\\tscript:` and `/\\n/host` come alive."""
    if len(unverified_url) > MAX_URL_CHARACTERS:
        raise refusal("too-long")
    if _UNPRINTABLE.search(unverified_url):
        raise refusal("control-character")
    if "\\" in unverified_url:
        raise refusal("backslash")


def _split_authority(authority: str, scheme: str) -> tuple[str, str]:
    """The host as written, and the port as browsers serialise it (empty for the scheme's own)."""
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise refusal("unparsable")
    written_host, port = parts.groups()
    if not written_host:
        raise refusal("not-absolute")
    if not port or port == _DEFAULT_PORTS.get(scheme):
        return written_host, ""
    # A leading zero would be dropped by browsers; 0 is a port that nobody listens on.
    if _PORT.fullmatch(port) is None or int(port) > 65535:
        raise refusal("port")
    return written_host, port


def _parse(unverified_url: str) -> ada_url.URL:
    try:
        return ada_url.URL(unverified_url)
    except ValueError as error:
        raise refusal("unparsable") from error


def _check_host(written: str, parsed: str) -> None:
    """Refuse a host that the parser had to change (`%65vil`, `0x7f.1`, fullwidth letters, soft hyphens)."""
    # Non-ASCII goes first: lower() would turn the Kelvin sign into a k, as the parser does.
    if not written.isascii() or written.lower() != parsed.lower():
        raise refusal("not-canonical-host")
    if parsed.startswith("["):
        return  # the parser has proven an IPv6 address, in its one canonical spelling
    if parsed.endswith("."):
        raise refusal("trailing-dot")
    if len(parsed) > _MAX_HOST_CHARACTERS or _HOST_LABELS.fullmatch(parsed) is None:
        raise refusal("host-label")
    # Ada lets a broken `xn--` label pass untouched where browsers differ, some of them decoding it to plain ASCII.
    if _PUNYCODE_LABEL.search(parsed) and not _is_genuine_idn(parsed):
        raise refusal("not-canonical-host")


def _is_genuine_idn(host: str) -> bool:
    decoded = ada_url.idna_to_unicode(host)
    return not _PUNYCODE_LABEL.search(decoded) and ada_url.idna_to_ascii(decoded) == host.encode("ascii")


def _check_path(written_path: str) -> None:
    """Servers and proxies decode and resolve these before they route, so that a path prefix would not hold."""
    if "%" in written_path:
        if _ENCODED_SEPARATOR.search(written_path):
            raise refusal("encoded-separator")
        if _ENCODED_CONTROL.search(written_path):
            raise refusal("encoded-control")
    if "/." in written_path and _DOT_SEGMENT.search(written_path):
        raise refusal("dot-segment")


def _check_agreement(target: Target) -> None:
    """Our reading and the parser's must name the same place; that they do not would be a mistake of ours."""
    end = len(target.origin)
    if not target.url.startswith(target.origin) or target.url[end : end + 1] not in ("/", "?", "#", ""):
        raise refusal("unparsable")
