"""What a program says of a browser that it speaks for: its word, fit to be kept and shown on a terminal."""

import pytest

from broker.web.browsers import MOST_USER_AGENT, browser_told


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%\x1b[2J", "fe80::1"),
        ("192.0.2.7, 10.0.0.1", None),
        ("192.0.2.7\n", None),
        ("localhost", None),
        ("", None),
        (None, None),
    ],
)
def test_address_is_one_or_nothing(said: str | None, kept: str | None) -> None:
    assert browser_told(said, None).ip_address == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"),
        ("curl\x1b[2J\r\n\x00/8\x85\u202e", "curl[2J/8"),
        ("\n", None),
        ("", None),
        (None, None),
    ],
)
def test_name_of_a_browser_steers_no_terminal(said: str | None, kept: str | None) -> None:
    assert browser_told(None, said).user_agent == kept


def test_name_of_a_browser_has_an_end() -> None:
    assert browser_told(None, "x" * 10_000).user_agent == "x" * MOST_USER_AGENT
