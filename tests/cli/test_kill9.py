"""What was acknowledged survives `kill -9`. The long run is `python -m tests.cli.kill9`."""

from pathlib import Path

import pytest

from tests.cli.kill9 import killed_again_and_again

KILLS, SESSIONS = 3, 10


async def test_no_acknowledged_session_is_lost_on_sqlite(tmp_path: Path) -> None:
    tally = await killed_again_and_again(tmp_path, kills=KILLS, at_least=SESSIONS)
    assert (tally.kills, tally.lost) == (KILLS, 0)
    assert len(tally.acknowledged) >= KILLS * SESSIONS


@pytest.mark.postgres
async def test_no_acknowledged_session_is_lost_on_postgresql(tmp_path: Path, empty_postgres_url: str) -> None:
    tally = await killed_again_and_again(tmp_path, kills=KILLS, at_least=SESSIONS, database=empty_postgres_url)
    assert (tally.kills, tally.lost) == (KILLS, 0)
    assert len(tally.acknowledged) >= KILLS * SESSIONS
