"""The fixtures of tests/databases: every test of this suite runs on both engines."""

from collections.abc import AsyncIterator, Sequence

import pytest

from broker.models.users import UserProfile
from broker.store.base import Store
from tests.databases import database_url as database_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import open_test_store
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.databases import store as store
from tests.sessions.stage import Stage, a_member, a_stage


@pytest.fixture
async def stage(store: Store) -> Stage:
    """A server that has just started."""
    return await a_stage(store)


@pytest.fixture
async def alice(store: Store) -> UserProfile:
    """A user."""
    return await a_member(store)


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    """Two stores on one database."""
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for each in stores:
        await each.close()
