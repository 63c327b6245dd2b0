"""The same as `python -m tests.load.rotation`, small enough for every day."""

from pathlib import Path

from tests.load.rotation import Scale, rotation


async def test_nothing_that_changes_meanwhile_costs_a_sign_in(tmp_path: Path) -> None:
    lines = await rotation(tmp_path, Scale(total=60, at_a_time=4, quick=0.2, trouble=1, minute=1.5))
    assert [str(line) for line in lines if not line.holds] == []
