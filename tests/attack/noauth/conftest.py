from collections.abc import AsyncIterator

import pytest

from broker.store.base import Store
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import open_test_store
from tests.databases import sqlite_url as sqlite_url


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    """One engine is enough: what both of them do alike is tested with accounts."""
    opened = await open_test_store(sqlite_url)
    yield opened
    await opened.close()
