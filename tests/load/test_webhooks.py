"""The same as `python -m tests.load.webhooks`, small enough for every day."""

from pathlib import Path

from tests.load.webhooks import told_through_it


async def test_receiver_that_was_down_while_the_server_was_killed_gets_everything_in_order(tmp_path: Path) -> None:
    tally = await told_through_it(tmp_path, seconds=2, kills=1)
    assert (tally.kills, tally.faults) == (1, 0)
    assert tally.acknowledged > 0
    assert tally.told >= tally.acknowledged
