"""The stage, and databases of both engines for what must hold on either."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import database_url as database_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.grants.stage import Keeper, keeping


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with keeping(tmp_path) as one:
        yield one
