"""The URLs that an application registered: may the browser be sent there for it? Where this says no, it is not.

What one entry means is in `registered_patterns`. The only text that goes into a `Location` is the one that `admit`
returns.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from broker.errors import ConfigError, ConfigMistake, RedirectNotAllowed
from broker.signin.redirect_targets import RULES, WEB_SCHEMES, read_target
from broker.signin.redirects import Explanation
from broker.signin.registered_patterns import RegisteredPattern, compile_registered, leads_to_us, mistake_in

__all__ = ["RegisteredTargets", "mistake_in", "origin_mistake_in"]

FURTHER_RULES: Final = {
    "fragment": "the URL has a fragment, which no registered URL has",
    "not-registered": "the application did not register this URL",
}
"""Beside `redirect_targets.RULES`: every reason to refuse a URL of an application."""


class RegisteredTargets:
    """One list of an application. Nothing but what an entry means is admitted."""

    def __init__(self, patterns: Sequence[str], *, production: bool, own_origin: str | None = None) -> None:
        """Raise `ConfigError` with every mistake in the entries. `own_origin` is that of our public URL."""
        mistakes = [(place, _mistake(text, production)) for place, text in enumerate(patterns)]
        found = [ConfigMistake(message=message, key=str(place)) for place, message in mistakes if message]
        if found:
            raise ConfigError(found)
        compiled = [compile_registered(text, production=production) for text in patterns]
        self._exact = {pattern.exact: pattern for pattern in compiled if pattern.exact is not None}
        self._own_schemes = frozenset(url for url in self._exact if not url.startswith(("http:", "https:")))
        self._varying = tuple(pattern for pattern in compiled if pattern.exact is None)
        self._own_origin = own_origin

    def admit(self, unverified_url: str) -> str:
        """The URL as a browser will see it, fit for a `Location`. Raises `RedirectNotAllowed` naming the rule."""
        url, _ = self._find(unverified_url)
        return url

    def explain(self, unverified_url: str) -> Explanation:
        """Say by which entry a URL is admitted, or which rule refuses it. Raises nothing."""
        try:
            url, pattern = self._find(unverified_url)
        except RedirectNotAllowed as refused:
            sentence = (
                f"refused by {refused.rule}: {_sentence(refused.rule)}{self._closest(refused.rule, unverified_url)}"
            )
            return Explanation(admitted=False, canonical=None, pattern=None, rule=refused.rule, sentence=sentence)
        sentence = f"admitted by {pattern.text} as {url}"
        return Explanation(admitted=True, canonical=url, pattern=pattern.text, rule=None, sentence=sentence)

    def _closest(self, rule: str, unverified_url: str) -> str:
        """The entry that may be meant: one with another slash at its end, or another scheme or port."""
        entries: Iterable[str] = (*self._exact, *(pattern.text for pattern in self._varying))
        found = get_close_matches(unverified_url, entries, n=1, cutoff=0.8) if rule == "not-registered" else []
        return f"; it did register {found[0]}" if found else ""

    def _find(self, unverified_url: str) -> tuple[str, RegisteredPattern]:
        if "#" in unverified_url:
            raise _refusal("fragment")
        if unverified_url in self._own_schemes:
            return unverified_url, self._exact[unverified_url]
        target = read_target(unverified_url)
        if leads_to_us(target, self._own_origin):
            raise _refusal("own-origin")
        found = self._exact.get(target.url) or next((each for each in self._varying if each.matches(target)), None)
        if found is None:
            raise _refusal("not-registered")
        return target.url, found


def origin_mistake_in(text: str, *, production: bool) -> str | None:
    """What is wrong with an origin whose scripts are to call us, in one sentence; `None` when it is good.

    Pages there hold access tokens: who can register nothing to send codes to has no business there either.
    """
    if text.partition("://")[0].lower() not in WEB_SCHEMES or "*" in text:
        return f"{text!r} is no origin: scheme, host and port, for example https://app.example.com"
    message = mistake_in(text, production=production)
    if message is None and read_target(text).origin != text.removesuffix("/"):
        return f"{text!r} is not written as browsers send it: {read_target(text).origin!r}"
    return message


def _mistake(text: str, production: bool) -> str | None:
    return mistake_in(text, production=production, carries_answers=False)


def _sentence(rule: str) -> str:
    return FURTHER_RULES.get(rule) or RULES[rule]


def _refusal(rule: str) -> RedirectNotAllowed:
    return RedirectNotAllowed(
        rule,
        f"redirect target refused by {rule}: {_sentence(rule)}",
        remedy="the application's list of registered URLs",
    )
