"""One pattern of the allowlist: read, judged and compiled once, then asked in about a microsecond.

`*` stands for one character or more within one host label or one path segment, `**` also across them, a lone `**` for
every https URL and http on loopback. Scheme, host, port and path are matched each for itself, so that nothing which a
wildcard swallows reaches into another part. Which list a pattern stands on is the business of `redirects`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wcmatch import fnmatch

from broker.errors import ConfigError, RedirectNotAllowed
from broker.signin.redirect_strangers import ADDRESS_PATTERN, strangers_admitted
from broker.signin.redirect_targets import RULES, WEB_SCHEMES, Target, is_ipv4, read_target

# Schemes that run code, read files, or leave the browser for something that is not an application's own address.
NEVER_SCHEMES: Final = frozenset(
    {
        *("about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript", "mailto"),
        *("resource", "sms", "tel", "vbscript", "view-source", "ws", "wss"),
    }
)

_GLOB = fnmatch.CASE | fnmatch.DOTMATCH | fnmatch.EXTMATCH | fnmatch.FORCEUNIX
_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]+)([^?#]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[^:\[\]]+)(?::(\*\*?|[0-9]+))?")
_GLUED = re.compile(r"(.*[^.:*])\*\*")  # a `**` that directly follows a literal at the end of the authority


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A compiled pattern. `text` is what the configuration says, `remarks` what its author should know about it.

    `scheme` and `port` may be `*`; `origin` is set where the pattern names exactly one. `strangers` says in a few words
    whom the pattern lets in beside its owner.
    """

    text: str
    scheme: str
    port: str
    origin: str | None
    remarks: tuple[str, ...]
    strangers: str | None
    matches_host: Callable[[str], bool]
    matches_path: Callable[[str], bool]

    def admits_origin(self, target: Target) -> bool:
        """Whether scheme, host and port of a checked target are among those that the pattern means."""
        if self.scheme == "*":
            return target.scheme == "https" or (target.scheme == "http" and target.is_loopback)
        return (
            target.scheme == self.scheme
            and (target.port == self.port or (self.port == "*" and target.port != ""))
            and self.matches_host(target.host)
        )

    def admits(self, target: Target) -> bool:
        """Whether a checked target is one that the pattern means; query and fragment take no part."""
        return self.admits_origin(target) and self.matches_path(target.path)


def check_pattern(text: str) -> str | None:
    """What is wrong with a pattern of redirect targets, in one sentence; `None` when it is good."""
    try:
        compile_pattern(text)
    except ConfigError as mistake:
        return mistake.mistakes[0].message
    return None


def compile_pattern(text: str) -> Pattern:
    """Read one pattern; raises `ConfigError` with a sentence that says what is wrong and what to write instead."""
    written = re.sub(r"\*{3,}", "**", text)
    if written == "**":
        return _lone_pattern(text)
    shape = _SHAPE.fullmatch(written)
    if shape is None:
        raise ConfigError(f"{text!r} does not begin with scheme:// and a host (only a lone ** may)")
    scheme, authority, path, rest = shape[1].lower(), shape[2], shape[3], shape[4]
    if scheme in NEVER_SCHEMES:
        raise ConfigError(f"{text!r}: a browser is never sent to a {scheme} URL")
    _check_syntax(text, path=path, rest=rest)
    remarks = [f"{rest!r} is not compared: query and fragment take no part"] if rest else []
    if glued := _GLUED.fullmatch(authority):
        authority = glued[1]
        remarks.append(f"the ** behind the host adds nothing; for every path write {scheme}://{authority}/**")
    host, port = _split_authority(text, authority)
    _check_wildcards(text, host=host, path=path)
    probe = _probe(text, scheme=scheme, host=host, port=port, path=path)
    host = host.lower() if scheme in WEB_SCHEMES else host  # other schemes' hosts keep their case in every browser
    port = "*" if port.startswith("*") else probe.port
    return Pattern(
        text=text,
        scheme=scheme,
        port=port,
        origin=probe.origin if "*" not in host + port else None,
        remarks=tuple(remarks),
        strangers=strangers_admitted(host) if "*" in host and scheme in WEB_SCHEMES else None,
        matches_host=_compile_host(host),
        matches_path=_compile_glob(probe.path, separator="/"),
    )


def _lone_pattern(text: str) -> Pattern:
    return Pattern(
        text=text,
        scheme="*",
        port="*",
        origin=None,
        remarks=(),
        strangers="every https URL there is, and http on loopback",
        matches_host=bool,  # never the empty text
        matches_path=bool,
    )


def _check_syntax(text: str, *, path: str, rest: str) -> None:
    """Refuse what other matchers give a meaning and we do not, rather than match something else than was meant."""
    if "\\" in text:
        raise ConfigError(f"{text!r}: a backslash has no meaning here, write the character itself")
    if "{" in text or "}" in text:
        raise ConfigError(f"{text!r}: braces have no meaning here, write one pattern for each alternative")
    if "[" in path or "]" in path:
        raise ConfigError(f"{text!r}: sets in brackets have no meaning here, write * or one pattern for each")
    # Read as a URL, `https://app?.example.com` is the host `app`, which nobody meant.
    if rest and not path:
        raise ConfigError(f"{text!r}: {rest[0]!r} ends the host and is no wildcard; write * or leave it out")


def _split_authority(text: str, authority: str) -> tuple[str, str]:
    if "@" in authority:
        raise ConfigError(f"{text!r}: {RULES['user-info']}")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ConfigError(f"{text!r}: the host must be a name or an address (no sets), the port a number or *")
    return parts[1], parts[2] or ""


def _check_wildcards(text: str, *, host: str, path: str) -> None:
    """Keep a pattern to what can be judged by eye, and matched in linear time whatever URL comes."""
    if host != "**" and re.search(r"\*\*(?:$|.*\*)", host):
        raise ConfigError(f"{text!r}: behind ** a host must go on to its end without a wildcard")
    if path.count("**") > 1:
        raise ConfigError(f"{text!r}: at most one ** in a path")
    parts = host.split(".") + path.split("/")
    if any(len(re.findall(r"\*+", part)) > 1 for part in parts):
        raise ConfigError(f"{text!r}: at most one wildcard in each part of a host and of a path")


def _probe(text: str, *, scheme: str, host: str, port: str, path: str) -> Target:
    """Read the pattern as one of the URLs it means, by the very rules that URLs must pass, or it could admit none."""
    stand_in = "1" if ADDRESS_PATTERN.fullmatch(host) else "x"
    colon_port = f":{port}" if port and "*" not in port else ""
    url = f"{scheme}://{re.sub(r'[*]+', stand_in, host)}{colon_port}{path}"
    try:
        return read_target(url, custom_schemes=frozenset({scheme}))
    except RedirectNotAllowed as refused:
        raise ConfigError(f"{text!r} admits nothing: {RULES[refused.rule]}") from refused


def _compile_host(host: str) -> Callable[[str], bool]:
    """An IPv6 address is admitted only where spelled out, and `192.168.*.*` does not mean `192.168.evil.com`."""
    matches = _compile_glob(host, separator=".")
    if "*" not in host:
        return matches
    if ADDRESS_PATTERN.fullmatch(host):
        return lambda candidate: is_ipv4(candidate) and matches(candidate)
    return lambda candidate: not candidate.startswith("[") and matches(candidate)


def _compile_glob(text: str, *, separator: str) -> Callable[[str], bool]:
    """Compile literals, `*` (one character or more, never the separator) and `**` (anything, also nothing)."""
    if "*" not in text:
        return text.__eq__
    wildcards = {"*": f"+([!{separator}])", "**": "*"}
    parts = re.split(r"(\*\*?)", text)
    expression = "".join(wildcards.get(part) or fnmatch.escape(part) for part in parts)
    return fnmatch.compile(expression, flags=_GLOB).match
