"""Moments as WorkOS' clients parse them: one that cannot be parsed spoils a whole list."""

from datetime import datetime

import pytest

from broker.web.workos.times import spelled


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1_772_600_767, "2026-03-04T05:06:07.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-62_135_596_800, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z"),
    ],
)
def test_moment_of_any_year_can_be_parsed(seconds: int, text: str) -> None:
    assert spelled(seconds) == text
    assert datetime.fromisoformat(text).timestamp() == seconds
