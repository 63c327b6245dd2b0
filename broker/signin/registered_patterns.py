"""One URL that an application registered: what it may look like, and which URLs it means.

A registered URL is compared whole, path and query included, after both were read as browsers read them (RFC 9700
2.1). Two things may vary: one `*` in the left-most part of a host, for one part of a name, and the port of this
machine (RFC 8252 7.3). What admits somebody else's host is refused here, and not just told: codes go there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from broker.errors import ConfigError, RedirectNotAllowed
from broker.signin.redirect_patterns import NEVER_SCHEMES
from broker.signin.redirect_strangers import admits_registrable_hosts
from broker.signin.redirect_targets import MAX_URL_CHARACTERS, RULES, WEB_SCHEMES, Target, read_target
from broker.signin.redirects import is_path_of_ours

ANSWERS: Final = frozenset({"code", "state", "error", "error_description"})
"""What we add to the query: of two parameters of one name, most programs read the first."""
ONLY_PLAIN_HOST: Final = "127.0.0.1"
"""The one host of this machine that production knows, for programs that listen there themselves (RFC 8252 7.3)."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(r"([a-z]+)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(\*|[0-9]*))?")
# A scheme of a program's own: its characters, without those that readers take differently, and nothing to fill in.
_OWN_SCHEME_URL = re.compile(r"[a-z][a-z0-9+.-]*:/(?:/[A-Za-z0-9._~-]+)?(?:/?[A-Za-z0-9._~!$&'()+,;=:%/?-]*)")
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:[0-9]{2,5}(?:[/?]|\Z)", re.ASCII)
_ONE_PART = "[A-Za-z0-9_-]+"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisteredPattern:
    """One entry, compiled. `exact` is the one URL that it means, `None` where something may vary.

    `probe` is one of the URLs that it means, `None` for a scheme of a program's own.
    """

    text: str
    exact: str | None
    probe: Target | None
    matches: Callable[[Target], bool]


def mistake_in(
    text: str,
    *,
    production: bool,
    is_default: bool = False,
    carries_answers: bool = True,
    own_origin: str | None = None,
) -> str | None:
    """What is wrong with an entry, in one sentence; `None` when it is good.

    `carries_answers`: codes and errors are added to its query, as they are not where somebody was signed out.
    `own_origin` is that of our public URL.
    """
    try:
        pattern = compile_registered(text, production=production)
    except ConfigError as mistake:
        return mistake.mistakes[0].message
    if pattern.exact is not None and pattern.probe is not None and leads_to_us(pattern.probe, own_origin):
        return f"{text!r} admits nothing: {RULES['own-origin']}"
    if is_default and pattern.exact is None:
        return f"{text!r} cannot be the default: it holds a wildcard, and stands for no single URL"
    taken = _names_in_query(text) & ANSWERS if carries_answers else frozenset()
    if taken:
        return f"{text!r} holds the parameter {min(taken)}, which is ours: the application would read the wrong one"
    return None


def compile_registered(text: str, *, production: bool) -> RegisteredPattern:
    """Read one entry. Raises `ConfigError` with a sentence that says what is wrong."""
    if "#" in text:
        raise ConfigError(f"{text!r} has a fragment: it is never sent to us, and answers would be lost behind it")
    scheme = _SCHEME.match(text)
    if scheme is None or len(text) > MAX_URL_CHARACTERS:
        raise ConfigError(f"{text!r} is no absolute URL, for example https://app.example.com/callback")
    if _HOST_AND_PORT.match(text):
        raise ConfigError(f"{text!r} has no scheme: write http://{text}, or https, as it is sent")
    name = scheme[1].lower()
    if name not in WEB_SCHEMES:
        return _own_scheme(text, name)
    host, port, target = _read(text)
    _check_wildcards(text, host, port, target)
    if production:
        _check_production(text, host, target)
    if "*" not in host and port != "*":
        exact = target.url
        return RegisteredPattern(text=text, exact=exact, probe=target, matches=lambda other: other.url == exact)
    return RegisteredPattern(text=text, exact=None, probe=target, matches=_varying(host, port, target))


def leads_to_us(target: Target, own_origin: str | None) -> bool:
    """Whether a URL may be one of our own endpoints: a sign-in that ends there would let a link steer what they do."""
    return target.origin == own_origin and is_path_of_ours(target.path)


def _own_scheme(text: str, scheme: str) -> RegisteredPattern:
    """Compared letter by letter: no two readers agree on how to read such a URL."""
    if scheme in NEVER_SCHEMES:
        raise ConfigError(f"{text!r}: a browser is never sent to a {scheme} URL")
    if _OWN_SCHEME_URL.fullmatch(text) is None:
        raise ConfigError(
            f"{text!r} is compared letter by letter: write it as it is sent, for example myapp://callback"
        )
    if not text.startswith(f"{scheme}://") and "." not in scheme:
        raise ConfigError(f"{text!r}: a scheme without a dot is written with ://, for example myapp://callback")
    return RegisteredPattern(text=text, exact=text, probe=None, matches=lambda candidate: candidate.url == text)


def _read(text: str) -> tuple[str, str, Target]:
    """Host and port as written, and one of the URLs that are meant, read by the rules that URLs must pass."""
    shape = _WEB.fullmatch(text)
    authority = None if shape is None else _AUTHORITY.fullmatch(shape[2])
    if shape is None or authority is None:
        rule = "user-info" if shape is not None and "@" in shape[2] else "not-absolute"
        raise ConfigError(f"{text!r} admits nothing: {RULES[rule]}")
    host, port = authority[1], authority[2] or ""
    probed_port = f":{port}" if port not in ("", "*") else ""
    url = f"{shape[1]}://{host.replace('*', 'x')}{probed_port}{shape[3]}"
    try:
        target = read_target(url)
    except RedirectNotAllowed as refused:
        raise ConfigError(f"{text!r} admits nothing: {RULES[refused.rule]}") from refused
    if "*" in shape[3]:
        raise ConfigError(f"{text!r}: path and query are compared whole, a * there would stand for itself")
    return host.lower(), port, target


def _check_wildcards(text: str, host: str, port: str, target: Target) -> None:
    if port == "*" and not (target.is_loopback and "*" not in host):
        raise ConfigError(f"{text!r}: the port may be * only for localhost and loopback addresses")
    if "*" not in host:
        return
    first, _, behind = host.partition(".")
    if first.count("*") != 1 or "*" in behind:
        raise ConfigError(f"{text!r}: one * at most, in the left-most part of the host")
    if behind != "localhost" and (not behind or admits_registrable_hosts(behind)):
        raise ConfigError(f"{text!r} would admit hosts that anybody can register: codes would be sent to strangers")


def _check_production(text: str, host: str, target: Target) -> None:
    is_local = target.is_loopback or host.endswith(".localhost")
    if is_local and host != ONLY_PLAIN_HOST:
        raise ConfigError(
            f"{text!r} is the person's own machine: in production an application has an https address, "
            f"and only a native program http://{ONLY_PLAIN_HOST}"
        )
    if target.scheme == "http" and not is_local:
        raise ConfigError(f"{text!r}: in production only https is registered, and http://{ONLY_PLAIN_HOST}")


def _varying(host: str, port: str, probe: Target) -> Callable[[Target], bool]:
    before, _, behind = host.partition("*")
    rest = probe.url.removeprefix(probe.origin)
    means_host = re.compile(re.escape(before) + _ONE_PART + re.escape(behind)).fullmatch if "*" in host else host.__eq__

    def matches(candidate: Target) -> bool:
        return (
            candidate.scheme == probe.scheme
            and (port == "*" or candidate.port == probe.port)
            and bool(means_host(candidate.host))
            and candidate.url.removeprefix(candidate.origin) == rest
        )

    return matches


def _names_in_query(text: str) -> frozenset[str]:
    query = text.partition("?")[2]
    return frozenset(unquote_plus(part.partition("=")[0]) for part in query.split("&"))
