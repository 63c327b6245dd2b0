"""Every URL of `corpus.tsv` meets the rule that its story names, and the near misses beside them stay admitted."""

import json
import re
from pathlib import Path

import pytest

from broker.errors import RedirectNotAllowed
from broker.signin.redirects import RULES, Allowlist

_OWN_ORIGIN = "http://localhost:8000"


def _read_corpus() -> list[tuple[str, str, str, str]]:
    lines = Path(__file__).with_name("corpus.tsv").read_text(encoding="ascii").splitlines()
    entries = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(rule, pattern, _expand(json.loads(url)), story) for rule, pattern, url, story in entries]


def _expand(text: str) -> str:
    return re.sub(r"<<(.+?)\*([0-9]+)>>", lambda run: run[1] * int(run[2]), text)


CORPUS = _read_corpus()


@pytest.mark.parametrize(
    ("expected", "pattern", "url", "story"),
    CORPUS,
    ids=[f"{place:03d}-{entry[0]}" for place, entry in enumerate(CORPUS)],
)
def test_url_meets_the_rule_of_its_story(expected: str, pattern: str, url: str, story: str) -> None:
    allowlist = Allowlist([pattern], own_origin=_OWN_ORIGIN)
    if expected == "admitted":
        canonical = allowlist.admit(url)
        assert allowlist.admit(canonical) == canonical, story
    else:
        with pytest.raises(RedirectNotAllowed) as refused:
            allowlist.admit(url)
        assert refused.value.rule == expected, story


def test_corpus_is_broad() -> None:
    refused = {entry[0] for entry in CORPUS} - {"admitted"}
    assert refused == set(RULES), "every rule has its attacks"
    assert len(CORPUS) >= 150
    assert len({(pattern, url) for _, pattern, url, _ in CORPUS}) == len(CORPUS), "no attack twice"
