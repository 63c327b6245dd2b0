"""How many statements an account costs in a sign-in: each is a round trip to the database, some 100 µs."""

from collections.abc import Sequence

import pytest

from broker.accounts.provision import provision
from broker.clock import FrozenClock
from broker.models.identities import ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.store.base import Connection, Row, Store, Value
from tests.accounts.people import OTHER, a_person, by_upn, proven


class _Counted:
    """A connection that notes what was asked of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.statements: list[str] = []

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        self.statements.append(sql)
        return await self._connection.fetch_one(sql, *arguments)

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        self.statements.append(sql)
        return await self._connection.fetch_all(sql, *arguments)

    async def execute(self, sql: str, *arguments: Value) -> int:
        self.statements.append(sql)
        return await self._connection.execute(sql, *arguments)


async def statements(store: Store, person: ProviderIdentity) -> int:
    async with store.transaction() as c:
        counted = _Counted(c)
        await provision(counted, person, policy=AccountPolicy(), allow_signup=True, clock=FrozenClock())
    return len(counted.statements)


@pytest.mark.parametrize(
    "person", [a_person("alice", proven()), a_person("bob", by_upn()), a_person("carol", by_upn(), proven(OTHER))]
)
async def test_somebody_who_returns_unchanged_costs_five(store: Store, person: ProviderIdentity) -> None:
    """The identity, its user (locked), the addresses, the identities, and the time of this sign-in."""
    await statements(store, person)
    assert await statements(store, person) == 5


async def test_somebody_new_costs_nine(store: Store) -> None:
    assert await statements(store, a_person("alice", proven())) == 9
