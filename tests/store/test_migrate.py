from broker.store import migrate
from broker.store.base import Store


async def test_store(store: Store) -> None:
    await migrate.require_current(store)
