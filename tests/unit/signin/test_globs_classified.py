"""Beside Hanko's matcher we never admit another origin; we are wider only where the table says in what."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.errors import RedirectNotAllowed
from broker.signin.redirects import Allowlist, check_pattern, compile_patterns
from tests.unit.signin.hanko_matcher import hanko_admits, hanko_admits_origin

_OWN_ORIGIN = "http://localhost:8000"


@dataclass(frozen=True, kw_only=True)
class Row:
    pattern: str | None
    candidate: str
    release: str
    head: str
    shape: str
    relation: str
    ours: str


def _read_rows() -> list[Row]:
    lines = Path(__file__).with_name("hanko_globs.tsv").read_text(encoding="utf-8").splitlines()
    rows = []
    for line in lines:
        if line.startswith("# "):
            continue
        pattern, candidate, release, head, shape, relation, ours = line.split("\t")
        candidate = "" if candidate == "(none)" else candidate
        for sign, meant in (("␣", " "), ("⇥", "\t"), ("⏎", "\n")):
            candidate = candidate.replace(sign, meant)
        rows.append(
            Row(
                pattern=None if pattern == "(none)" else pattern,
                candidate=candidate,
                release=release,
                head=head,
                shape=shape,
                relation=relation,
                ours=ours,
            )
        )
    return rows


ROWS = _read_rows()
PATTERNS = sorted({row.pattern for row in ROWS if row.pattern is not None})


def _our_answer(row: Row) -> str:
    if row.pattern is not None and check_pattern(row.pattern):
        return "pattern-mistake"
    patterns = [] if row.pattern is None else [row.pattern]
    explanation = Allowlist(patterns, own_origin=_OWN_ORIGIN).explain(row.candidate)
    return explanation.rule or "admitted"


def _relation(row: Row, *, admitted: bool) -> str:
    """`same`, `narrower` or `wider`, from the recorded answers: wider is what no version of Hanko admits."""
    theirs = "yes" in (row.release, row.head)
    if admitted == theirs:
        return "same"
    return "wider" if admitted else "narrower"


@pytest.mark.parametrize("row", ROWS, ids=[f"{place:03d}-{row.relation}" for place, row in enumerate(ROWS)])
def test_row_is_answered_and_related_as_the_table_says(row: Row) -> None:
    answer = _our_answer(row)
    assert answer == row.ours
    assert _relation(row, admitted=answer == "admitted") == row.relation.partition("-")[0]


def test_all_recorded_rows_are_there_and_wider_only_in_what_is_named() -> None:
    assert len(ROWS) == 224
    wider = {row.relation for row in ROWS} - {"same", "narrower"}
    # query and fragment take no part; a dot is no separator in a path; case and default port are one spelling of an
    # origin; ** behind a slash may be nothing. None of these changes where the browser goes.
    assert wider == {"wider-query", "wider-fragment", "wider-dot", "wider-spelling", "wider-root"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.pattern is not None and row.release != "no-compile"])
def test_oracle_answers_as_the_recorded_release(row: Row) -> None:
    assert row.pattern is not None
    assert hanko_admits(row.pattern, row.candidate) == (row.release == "yes")


def test_no_pattern_admits_an_origin_that_hanko_would_not() -> None:
    """Every pattern of the table against every candidate of the table, not only against its own."""
    usable = [pattern for pattern in PATTERNS if check_pattern(pattern) is None]
    allowlists = {pattern: Allowlist([pattern], own_origin=_OWN_ORIGIN) for pattern in usable}
    admitted = 0
    for (pattern, allowlist), row in itertools.product(allowlists.items(), ROWS):
        try:
            url = allowlist.admit(row.candidate)
        except RedirectNotAllowed:
            continue
        admitted += 1
        assert hanko_admits_origin(pattern, url), f"{pattern} admits {url}"
    assert admitted > 150


def test_compiled_list_keeps_order_and_text() -> None:
    usable = [pattern for pattern in PATTERNS if check_pattern(pattern) is None]
    assert [pattern.text for pattern in compile_patterns(usable)] == usable
