"""What of a stranger's text may stand in a log."""

from hypothesis import given
from hypothesis import strategies as st

from broker.protocol.excerpt import excerpt


def test_a_short_plain_text_is_left_alone() -> None:
    assert excerpt("AADSTS54005: déjà vu") == "AADSTS54005: déjà vu"


def test_controls_are_written_as_escapes() -> None:
    assert excerpt("a\r\nb\x1b[31m\u202e\0\ud800") == r"a\r\nb\x1b[31m\u202e\x00\ud800"


@given(st.text(st.characters()), st.integers(1, 50))
def test_an_excerpt_is_short_and_printable(text: str, limit: int) -> None:
    shown = excerpt(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
