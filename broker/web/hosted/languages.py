"""The languages of the sign-in page, and which of them a person reads.

Sentences are data, a file for each language in `strings/`; the sentences for failures are English in `web/strings`.
A new language is a new file with the same keys, and nothing else.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from broker.web.strings import ERRORS, REASONS

FALLBACK = "en"
_FOLDER = Path(__file__).parent / "strings"
_MOST_WISHES = 20
_WISH = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,60})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{1,3})?)\s*)?")


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language: its tag (RFC 5646), what the page says, and its sentences for error codes and finer reasons."""

    tag: str
    page: Mapping[str, str]
    errors: Mapping[str, str]
    reasons: Mapping[str, str]

    def sentence(self, code: str, reason: str) -> str:
        """The sentence for a failure; an unknown code is ours to explain."""
        return self.reasons.get(reason) or self.errors.get(code, self.errors["server_error"])


@cache
def languages() -> Mapping[str, Language]:
    """Every language that there is a file for, by its tag."""
    return {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.json"))}


def language_for(ui_locales: str | None, accept_language: str) -> Language:
    """What the request asked for (OpenID Connect Core 3.1.2.1: tags in order), then what the browser prefers."""
    known = languages()
    for wanted in [*_tags(ui_locales or ""), *_preferred(accept_language)]:
        if wanted in known:
            return known[wanted]
    return known[FALLBACK]


def _tags(ui_locales: str) -> Iterator[str]:
    """Their primary subtags: `de-CH` is read by who reads `de`."""
    return (tag.partition("-")[0].lower() for tag in ui_locales.split(" ")[:_MOST_WISHES])


def _preferred(accept_language: str) -> list[str]:
    """The languages of an `Accept-Language` by weight (RFC 9110 section 12.5.4); what is no wish is passed over."""
    wishes = [_WISH.fullmatch(part) for part in accept_language.split(",")[:_MOST_WISHES]]
    weighed = [(float(wish[2] or 1), wish[1].lower()) for wish in wishes if wish is not None]
    return [tag for weight, tag in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _read(path: Path) -> Language:
    content = json.loads(path.read_text("utf-8"))
    return Language(
        tag=path.stem,
        page={"lang": path.stem, **content["page"]},
        errors=content.get("errors", ERRORS),
        reasons=content.get("reasons", REASONS),
    )
