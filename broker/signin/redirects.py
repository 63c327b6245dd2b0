"""The allowlist: may the browser be sent there? Where it says no, there is no way around it.

`redirect_targets` reads a URL as browsers do and refuses all spellings that two readers could take differently,
`redirect_patterns` knows what one pattern means, and this module asks the list. The only text that goes into a
`Location` is the one that `admit` returns. The error URL of the configuration is no allowed target by itself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus, urlencode

from broker.errors import ConfigError, ConfigMistake, RedirectNotAllowed
from broker.signin.redirect_patterns import Pattern, check_pattern, compile_pattern
from broker.signin.redirect_targets import RULES, WEB_SCHEMES, Target, parse_origin, read_target, refusal

__all__ = [
    "RULES",
    "Allowlist",
    "Explanation",
    "OriginAllowlist",
    "add_query",
    "check_origin_pattern",
    "check_pattern",
    "compile_patterns",
    "is_path_of_ours",
    "parse_origin",
]


OUR_SEGMENTS = frozenset(
    {
        *("thirdparty", "token", "provider-tokens", "me", "sessions", "logout", "health"),
        *("login", "registration", "profile", "token_exchange", "user", "users", "emails", "webauthn"),
        *("passcode", "password", "saml", "sso", "oauth2", "user_management"),
        *("organizations", "connections", "events", "webhook_endpoints"),
    }
)
"""What our own paths begin with, and what those of faces to come will. Names with a dot are nobody else's anyway."""
_PLAIN_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")

OUR_PARAMETERS = frozenset({"error", "error_description", "error_reference", "hanko_token"})
"""What we tell an application in a redirect."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What the allowlist says of a URL: `canonical` and `pattern` when admitted, `rule` when refused."""

    admitted: bool
    canonical: str | None
    pattern: str | None
    rule: str | None
    sentence: str


class Allowlist:
    """The patterns of redirect targets, compiled once. Nothing but what a pattern admits is admitted."""

    def __init__(self, patterns: Sequence[str], *, own_origin: str) -> None:
        """Raise `ConfigError` with every mistake in the patterns; `own_origin` is that of our public URL."""
        self._patterns = compile_patterns(patterns)
        self._own_origin = parse_origin(own_origin)
        self._custom_schemes = frozenset(pattern.scheme for pattern in self._patterns) - WEB_SCHEMES - {"*"}
        self._has_lone_pattern = any(pattern.scheme == "*" for pattern in self._patterns)
        self._beside_us = frozenset(
            pattern.text
            for pattern in self._patterns
            if pattern.origin == self._own_origin and _leads_beside_us(pattern)
        )

    def admit(self, unverified_url: str) -> str:
        """Return the URL as a browser will see it, fit for a `Location`; raise `RedirectNotAllowed` naming the rule."""
        target, _ = self._find(unverified_url)
        return target.url

    def explain(self, unverified_url: str) -> Explanation:
        """Say by which pattern a URL is admitted, or which rule refuses it. Raises nothing."""
        try:
            target, pattern = self._find(unverified_url)
        except RedirectNotAllowed as refused:
            sentence = f"refused by {refused.rule}: {RULES[refused.rule]}"
            return Explanation(admitted=False, canonical=None, pattern=None, rule=refused.rule, sentence=sentence)
        sentence = f"admitted by {pattern.text} as {target.url}"
        return Explanation(admitted=True, canonical=target.url, pattern=pattern.text, rule=None, sentence=sentence)

    def warnings(self) -> list[str]:
        """One sentence for each pattern that admits strangers, or means less than its author may think."""
        sentences = []
        for pattern in self._patterns:
            if pattern.strangers:
                sentences.append(f"redirect pattern {pattern.text} admits strangers: {pattern.strangers}")
            if pattern.origin == self._own_origin and pattern.text not in self._beside_us:
                sentences.append(f"redirect pattern {pattern.text} admits nothing: {RULES['own-origin']}")
            sentences.extend(f"redirect pattern {pattern.text}: {remark}" for remark in pattern.remarks)
        return sentences

    def _find(self, unverified_url: str) -> tuple[Target, Pattern]:
        target = read_target(unverified_url, custom_schemes=self._custom_schemes)
        is_ours = target.origin == self._own_origin
        for pattern in self._patterns:
            if pattern.admits(target) and (not is_ours or pattern.text in self._beside_us):
                return target, pattern
        if is_ours:
            # A sign-in that ends at our own endpoints would let a stranger's link steer what they do.
            raise refusal("own-origin")
        plain_http = target.scheme == "http" and not target.is_loopback and self._has_lone_pattern
        raise refusal("http-not-loopback" if plain_http else "no-pattern")


class OriginAllowlist:
    """The origins that may call us from a browser: exact ones, or patterns such as `https://*.example.com`."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise `ConfigError` with every mistake in the patterns."""
        mistakes = [(place, check_origin_pattern(text)) for place, text in enumerate(patterns)]
        _raise_mistakes(mistakes)
        compiled = [compile_pattern(text) for text in patterns]
        self._exact = frozenset(pattern.origin for pattern in compiled if pattern.origin is not None)
        self._patterns = tuple(pattern for pattern in compiled if pattern.origin is None)
        self._custom_schemes = frozenset(pattern.scheme for pattern in compiled) - WEB_SCHEMES

    def admits(self, unverified_origin: str) -> bool:
        """Whether an `Origin` header, exactly as browsers serialise it, is on the list. `null` never is."""
        if unverified_origin in self._exact:
            return True
        if not self._patterns:
            return False
        try:
            target = read_target(unverified_origin, custom_schemes=self._custom_schemes)
        except RedirectNotAllowed:
            return False
        return target.origin == unverified_origin and any(pattern.admits_origin(target) for pattern in self._patterns)


def _leads_beside_us(pattern: Pattern) -> bool:
    """Whether a pattern on our own origin means an application that a proxy serves beside us, and none of our paths."""
    return not is_path_of_ours("/" + pattern.text.partition("://")[2].partition("/")[2])


def is_path_of_ours(path: str) -> bool:
    """Whether a path (or pattern of paths) on our origin may be ours.

    It is not where it spells the first segment out, in letters that nobody decodes to another name.
    """
    segment = path.removeprefix("/").partition("/")[0]
    return _PLAIN_SEGMENT.fullmatch(segment) is None or segment.lower() in OUR_SEGMENTS


def compile_patterns(patterns: Sequence[str]) -> list[Pattern]:
    """Compile a list of redirect patterns; raises `ConfigError` with a mistake for each bad one, keyed by its place."""
    _raise_mistakes([(place, check_pattern(text)) for place, text in enumerate(patterns)])
    return [compile_pattern(text) for text in patterns]


def check_origin_pattern(text: str) -> str | None:
    """What is wrong with an entry of `cors.allow_origins`, in one sentence; `None` when it is good."""
    if "**" in text:
        return f"{text!r}: ** would let pages of strangers call us; name the origins, * for one part of a host"
    try:
        pattern = compile_pattern(text)
    except ConfigError as mistake:
        return mistake.mistakes[0].message
    if "/" in text.partition("://")[2] or pattern.remarks:
        return f"{text!r}: an origin ends with its host and port, without a slash"
    if "*" in text and pattern.scheme not in WEB_SCHEMES:
        return f"{text!r}: only hosts of http and https have owners; name origins of other schemes one by one"
    if pattern.strangers:
        return f"{text!r} would let {pattern.strangers} call us"
    return None


def add_query(url: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to the query of a checked URL; what is there already and the fragment stay byte for byte.

    Except for parameters under names that are ours: most pages read the first of two, so a stranger's link with a
    `hanko_token` in its target would hand the page the stranger's code, and an old error would outlive a new one.
    """
    if not parameters:
        return url
    before, hash_sign, fragment = url.partition("#")
    base, _, query = before.partition("?")
    kept = "&".join(part for part in query.split("&") if not _is_ours(part))
    added = urlencode(parameters, quote_via=quote, safe="")
    joint = "&" if kept and not kept.endswith("&") else ""
    return f"{base}?{kept}{joint}{added}{hash_sign}{fragment}"


def _is_ours(part: str) -> bool:
    return unquote_plus(part.partition("=")[0]) in OUR_PARAMETERS


def _raise_mistakes(checked: Sequence[tuple[int, str | None]]) -> None:
    mistakes = [ConfigMistake(message=message, key=str(place)) for place, message in checked if message]
    if mistakes:
        raise ConfigError(mistakes)
