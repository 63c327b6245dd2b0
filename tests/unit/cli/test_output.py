"""What commands print: columns and JSON that an operator's terminal shows and does not obey."""

import json

import pytest

from broker.cli.output import print_json, print_table

STRANGE = "a\x1b[2J\x9b31m\u202eb\x7f\U000e0041\ud800c\nd"


def test_table_shows_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [(STRANGE,), ("Zo\u00eb \u4e2d",)])
    first, second = capsys.readouterr().out.splitlines()
    assert first == "a\\x1b[2J\\x9b31m\\u202eb\\x7f\\U000e0041\\ud800c\\nd"
    assert second == "Zo\u00eb \u4e2d"


def test_json_escapes_what_a_terminal_would_obey_and_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    content = [{"user_agent": STRANGE, STRANGE: 1, "name": "Zo\u00eb \u4e2d"}]
    print_json(content)
    printed = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in printed)
    assert "Zo\u00eb \u4e2d" in printed
    assert json.loads(printed) == content
