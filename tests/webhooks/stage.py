"""A broker that tells a receiver, its time standing still; events are recorded as use cases do."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.clock import FrozenClock
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.events.webhooks.hooks import HookChange
from broker.events.webhooks.webhooks import Webhooks
from broker.models.webhooks import Webhook
from broker.store.base import Store
from tests.brokers import RunningBroker, running_broker
from tests.store.rows import stored_user
from tests.webhooks.receiver import Receiver

NOW = 1_790_000_000


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One server; `bare` is its database without a listener."""

    broker: RunningBroker
    clock: FrozenClock
    receiver: Receiver

    @property
    def store(self) -> Store:
        """The database, listened to."""
        return self.broker.application.broker.store

    @property
    def webhooks(self) -> Webhooks:
        """Of the configuration in force."""
        return self.broker.application.broker.webhooks

    async def user(self) -> str:
        """Somebody new, of whom nothing was told."""
        return (await stored_user(self.store)).id

    async def happened(self, user_id: str, *events: Event) -> None:
        """In one transaction."""
        async with self.store.transaction() as connection:
            for event in events or (Event.USER_CHANGED,):
                await record(connection, event, clock=self.clock, user_id=user_id)

    async def hook(self, path: str = "/hook", *, events: Sequence[str] = ("user",)) -> Webhook:
        """A hook of the admin API at the receiver."""
        return await self.webhooks.hooks.create(HookChange(callback=self.receiver.url(path), events=tuple(events)))

    async def drained(self) -> None:
        """Everything that is due was attempted."""
        await self.webhooks.worker.drain()

    async def after(self, seconds: float) -> None:
        """Later, with everything attempted that became due; second by second, as the worker looks."""
        for _ in range(round(seconds)):
            self.clock.advance(1)
            await self.drained()

    async def rows(self, table: str) -> list[Mapping[str, Any]]:
        """What is stored."""
        order = {"outbox": "seq", "deliveries": "seq, hook_id", "webhooks": "id"}[table]
        async with self.store.read() as connection:
            return list(await connection.fetch_all(f"SELECT * FROM {table} ORDER BY {order}"))  # noqa: S608  # ours

    async def jwks(self) -> list[dict[str, Any]]:
        """The keys as anybody reads them."""
        async with self.broker.browser() as browser:
            page = await browser.get("/.well-known/jwks.json")
        keys: list[dict[str, Any]] = json.loads(page.body)["keys"]
        return keys


@asynccontextmanager
async def staged(
    base_dir: Path,
    receiver: Receiver,
    *,
    database: str = "sqlite:///broker.db",
    clock: FrozenClock | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AsyncIterator[Stage]:
    """Until the block ends."""
    at = clock or FrozenClock(NOW)
    keys = {"session.jwt": {"algorithm": "ES256"}, **(changes or {})}
    async with running_broker(base_dir=base_dir, database=database, clock=at, changes=keys) as broker:
        yield Stage(broker=broker, clock=at, receiver=receiver)


def configured(receiver: Receiver, *events: str, path: str = "/hook") -> dict[str, Any]:
    """A configuration with one hook."""
    return {"webhooks": {"hooks": [{"callback": receiver.url(path), "events": list(events or ("user",))}]}}
