"""What is said of a credential that is about to expire, how loud, and how often."""

import pytest

from broker.clock import FrozenClock
from broker.providers.credentials.credential import Standing
from broker.providers.credentials.expiry import DAY_SECONDS, ExpiryWatch


def standing(days: float, *, id: str = "a") -> Standing:
    return Standing(id=id, kind="secret", expires_at=FrozenClock().now() + int(days * DAY_SECONDS))


LEVELS = [
    (61.0, None),
    (60.9, "info"),
    (31.0, "info"),
    (30.9, "warning"),
    (8.0, "warning"),
    (7.9, "error"),
    (0.5, "error"),
    (-3.0, "error"),
]


@pytest.mark.parametrize(("days", "level"), LEVELS)
def test_the_nearer_the_louder(days: float, level: str | None) -> None:
    due = ExpiryWatch(FrozenClock()).due({"microsoft": [standing(days)]})
    assert [each.level for each in due] == ([level] if level else [])


def test_it_is_said_once_a_day_of_each() -> None:
    clock = FrozenClock()
    watch = ExpiryWatch(clock)
    soon = {"microsoft": [standing(20), standing(20, id="b")], "custom_x": [standing(20)]}
    assert [(each.provider, each.credential, each.days) for each in watch.due(soon)] == [
        ("microsoft", "a", 20),
        ("microsoft", "b", 20),
        ("custom_x", "a", 20),
    ]
    clock.advance(DAY_SECONDS - 60)
    assert watch.due(soon) == []
    clock.advance(60)
    assert [each.days for each in watch.due(soon)] == [19, 19, 19]


def test_what_never_expires_is_not_spoken_of_and_what_was_exchanged_is_looked_at_anew() -> None:
    watch = ExpiryWatch(FrozenClock())
    assert watch.due({"microsoft": [Standing(id="mi", kind="managed_identity")]}) == []
    assert len(watch.due({"microsoft": [standing(20)]})) == 1
    assert [each.days for each in watch.due({"microsoft": [standing(25)]})] == [25]
    assert watch.due({"microsoft": [standing(300)]}) == []
