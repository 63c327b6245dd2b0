"""A real Hanko's answers and ours: every difference is a line of the page, and every line is a difference."""

from pathlib import Path

import pytest

from tests.contract.hanko.golden.comparison import compared
from tests.contract.hanko.golden.exchanges import RECORDINGS, recorded
from tests.contract.hanko.golden.page import lines


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_every_difference_from_the_recording_is_documented_and_nothing_else_is(
    recording: str, tmp_path: Path
) -> None:
    outcomes = await compared(recording, tmp_path)
    documented = [line for line in lines() if recording in line.exchanges]
    unexplained = {each.exchange.name: sorted(left) for each in outcomes if (left := each.unexplained(documented))}
    assert unexplained == {}
    found = {each.exchange.number: each.aspects for each in outcomes}
    for line in documented:
        numbers = line.exchanges[recording]
        idle = [number for number in numbers or () if not any(map(line.names, found[number]))]
        assert idle == [], f"{line.reason}: these do not differ so"
        here = [aspect for number in numbers or found for aspect in found[number]]
        if len(line.exchanges) == 1:
            assert [word for word in line.aspects if not any(line.names_by(word, aspect) for aspect in here)] == []


def test_recordings_are_numbered_without_a_gap() -> None:
    assert all(
        sorted(each.number for each in recorded(recording)) == list(range(1, len(recorded(recording)) + 1))
        for recording in RECORDINGS
    )


def test_every_documented_difference_gives_a_reason() -> None:
    assert [line for line in lines() if len(line.reason.split()) < 2 or not line.aspects] == []


@pytest.mark.parametrize("recording", RECORDINGS)
def test_documented_differences_take_no_member_from_what_clients_read(recording: str) -> None:
    """But for what is not offered: actions of a flow that nobody can take, and usernames."""
    offers = ("-actions.", "-payload.request_options", "-username", "-code", "-message", "-details.")
    taken = [word for line in lines() if recording in line.exchanges for word in line.aspects if word.startswith("-")]
    assert [word for word in taken if not word.startswith(offers)] == []
