"""The sign-in page's languages: each says everything, and a person reads one that they asked for."""

import re
import string

import pytest

from broker.web.hosted.languages import Language, language_for, languages
from broker.web.strings import ERRORS, REASONS

ENGLISH = languages()["en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_page_speaks_five_languages() -> None:
    assert set(languages()) == {"de", "en", "es", "fr", "ja"}


@pytest.mark.parametrize("language", languages().values(), ids=languages())
def test_language_says_everything_with_the_same_places_for_names(language: Language) -> None:
    assert language.page.keys() == ENGLISH.page.keys()
    assert language.errors.keys() == ERRORS.keys()
    assert language.reasons.keys() == REASONS.keys()
    for key, text in language.page.items():
        assert placeholders(text) == placeholders(ENGLISH.page[key]), key


@pytest.mark.parametrize("language", languages().values(), ids=languages())
def test_every_sentence_is_one_for_people(language: Language) -> None:
    for sentence in (*language.errors.values(), *language.reasons.values()):
        assert sentence.endswith((".", "。")), sentence
        assert len(sentence) <= 160, sentence
        assert not re.search(r"[<>&\"_{}]|AADSTS|OAuth|token", sentence), sentence


@pytest.mark.parametrize(
    "language", [each for each in languages().values() if each.tag != "en"], ids=lambda one: one.tag
)
def test_nothing_was_left_in_english(language: Language) -> None:
    for own, english in ((language.page, ENGLISH.page), (language.errors, ERRORS), (language.reasons, REASONS)):
        assert {key for key in own if own[key] == english[key]} == set()


@pytest.mark.parametrize(
    ("ui_locales", "accepted", "tag"),
    [
        (None, "", "en"),
        ("de", "fr", "de"),
        ("de-CH", "", "de"),
        ("it ja", "fr", "ja"),
        ("it", "fr", "fr"),
        ("", "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, "en;q=0.3, fr-CA;q=0.7, it", "fr"),
        (None, "de;q=0, ja;q=0.1", "ja"),
        (None, "*", "en"),
        (None, "DE", "de"),
        (None, "de;q=9, fr;q=x, es", "es"),
        (None, ",;q=,,ja;;" * 500, "en"),
        (None, "de\x00", "en"),
        ("../../etc/passwd", "", "en"),
        (None, "a" * 100_000, "en"),
    ],
)
def test_language_is_what_was_asked_for_then_what_the_browser_prefers_then_english(
    ui_locales: str | None, accepted: str, tag: str
) -> None:
    assert language_for(ui_locales, accepted).tag == tag
