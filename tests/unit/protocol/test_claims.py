"""Reading claims by type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.protocol.claims import Claims


def one(value: object) -> Claims:
    return Claims(claims={"x": value})


@pytest.mark.parametrize(
    "value", [None, "", 1, True, ["a"], {"a": 1}, "a\0", "a\nb", "a\u202eb", "\x7f", "\u0085"], ids=ascii
)
def test_text_is_a_string_without_controls_or_nothing(value: object) -> None:
    assert one(value).text("x") is None
    assert one(value).text("other") is None


def test_text_comes_exactly_as_it_was() -> None:
    assert one(" Zoë\u00a0O'Neil ").text("x") == " Zoë\u00a0O'Neil "


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Alice", "Alice"),
        ("  Alice\tB\r\n ", "Alice B"),
        ("Al\0ice\x1b[31m", "Alice[31m"),
        ("Ali\u202ecila", "Alicila"),
        ("أليس", "أليس"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\0\n ", None),
        ("", None),
        (7, None),
        (["Alice"], None),
        ("x" * 600, "x" * 512),
        ("x" * 60_000, "x" * 512),
        ("x" * 511 + " y", "x" * 511),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_display_is_clean_and_short(value: object, shown: str | None) -> None:
    assert one(value).display("x") == shown


@pytest.mark.parametrize("value", [None, True, False, 0, -1, 1.0, 2**53, "1", [1]], ids=str)
def test_number_is_a_positive_json_integer_or_nothing(value: object) -> None:
    assert one(value).number("x") is None


@pytest.mark.parametrize("value", [1, 2**53 - 1])
def test_number_is_read(value: int) -> None:
    assert one(value).number("x") == value


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (["a", "b"], ("a", "b")),
        ("a", ("a",)),
        (["a", 1, None, "", "b\0", ["c"]], ("a",)),
        ([], ()),
        (None, ()),
        ({"a": 1}, ()),
        (["r"] * 1_001, ("r",) * 1_000),
    ],
    ids=lambda value: str(value)[:20],
)
def test_texts_are_the_strings_of_a_list(value: object, read: tuple[str, ...]) -> None:
    assert one(value).texts("x") == read


@given(st.text(st.characters()))
def test_any_text_can_be_shown_and_stored(value: str) -> None:
    for found in (one(value).text("x"), one(value).display("x")):
        if found is not None:
            assert "\0" not in found
            found.encode()
