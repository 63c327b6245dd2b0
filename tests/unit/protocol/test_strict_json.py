"""Reading JSON from strangers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.protocol.strict_json import JsonInvalid, parse_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def refusal(document: bytes | str, *, max_bytes: int = 1_000, max_depth: int = 4) -> str:
    with pytest.raises(JsonInvalid) as refused:
        parse_object(document, max_bytes=max_bytes, max_depth=max_depth)
    return str(refused.value)


def test_an_object_is_read_from_bytes_and_from_text() -> None:
    assert parse_object(b'{"a": [1, "\xc3\xa9", null]}', max_bytes=100) == {"a": [1, "é", None]}
    assert parse_object('{"a": {"b": 1.5}}', max_bytes=100) == {"a": {"b": 1.5}}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1,}', "not JSON"),
        ('{"a": "\n"}', "not JSON"),
        ('{"a": 1} {}', "not JSON"),
        ("\ufeff{}", "not JSON"),
        ("[]", "not a JSON object"),
        ('"a"', "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"a": 1, "a": 1}', "a repeated member name"),
        ('{"a": 1, "\\u0061": 2}', "a repeated member name"),
        ('{"x": [{"a": 1, "a": 2}]}', "a repeated member name"),
        ('{"a": NaN}', "a number that JSON does not have"),
        ('{"a": -Infinity}', "a number that JSON does not have"),
        ('{"a": 1e400}', "a number out of range"),
        ('{"a": 123456789012345678901}', "a number out of range"),
        ('{"a": 0.' + "1" * 60 + "}", "a number out of range"),
        ('{"a": "\\ud800"}', "a lone surrogate"),
        ('{"\\uDFFF": 1}', "a lone surrogate"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": "\ud800"}', "not UTF-8"),
        ('{"a": [[[[]]]]}', "nested too deep"),
        ('{"a": ' * 100_000, "too large"),
    ],
)
def test_anything_ambiguous_is_refused_with_its_reason(document: bytes | str, reason: str) -> None:
    assert refusal(document) == reason


def test_nesting_counts_levels_and_not_brackets() -> None:
    wide = {"a": [[1], [2], [3], [4], [5], [6]], "b": {}}
    assert parse_object(json.dumps(wide), max_bytes=1_000, max_depth=3) == wide
    assert refusal('{"a": [[1]]}', max_depth=2) == "nested too deep"
    assert parse_object('{"a": "[[[[[[["}', max_bytes=100, max_depth=1) == {"a": "[[[[[[["}


def test_nesting_beyond_the_stack_is_an_ordinary_refusal() -> None:
    assert refusal('{"a":' * 200_000, max_bytes=10_000_000) == "nested too deep"


def test_size_is_measured_in_octets() -> None:
    assert parse_object('{"a": "é"}', max_bytes=11) == {"a": "é"}
    assert refusal('{"a": "é"}', max_bytes=10) == "too large"
    assert refusal('{"a": "é"}'.encode(), max_bytes=10) == "too large"


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_object(r'{"a": "\ud83d\ude00"}', max_bytes=100) == {"a": "😀"}


def test_the_refusal_does_not_carry_the_document() -> None:
    with pytest.raises(JsonInvalid) as refused:
        parse_object('{"secret": hunter2}', max_bytes=100)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_what_json_writes_is_read_back(document: dict[str, object]) -> None:
    for ascii_only in (True, False):
        written = json.dumps(document, ensure_ascii=ascii_only)
        assert parse_object(written, max_bytes=1_000_000, max_depth=100) == document


@given(st.binary() | st.text() | st.text('{}[]",:\\u0dDeE19.-+ \n').map(lambda text: '{"a":' + text))
def test_no_input_raises_anything_else(document: bytes | str) -> None:
    try:
        found = parse_object(document, max_bytes=200)
    except JsonInvalid as error:
        assert len(str(error)) < 100  # noqa: PT017  the error is allowed, not demanded
    else:
        json.dumps(found).encode()
