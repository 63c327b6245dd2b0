"""A broker that keeps Microsoft's own tokens, an emulator behind it, and one clock for both."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.clock import FrozenClock, SystemClock
from broker.models.identities import ProviderTokens
from broker.models.provider_tokens import KeptGrant
from broker.store.provider_tokens import newest_grant
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import told
from tests.peers.microsoft import MicrosoftPeer, running_microsoft

MICROSOFT = "third_party.providers.microsoft"
KEEPING: Mapping[str, Any] = {
    # Keys of elliptic curves are made in no time.
    "session.jwt": {"algorithm": "ES256"},
    f"{MICROSOFT}.scopes": ["openid", "profile", "email", "User.Read"],
    f"{MICROSOFT}.return_provider_tokens": True,
}
AFTER_EXPIRY = 6 * 3600


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """A broker, and what its operator and one person's browser do with it."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    clock: FrozenClock
    browser: Browser
    api_key: str

    async def signed_in(self, person: str = "alice", browser: Browser | None = None) -> str:
        """The id of a user who just signed in."""
        browser = browser or self.browser
        page = await browser.sign_in(person)
        assert page.query.get("error") is None, page.location
        return str(told(await browser.get("/me"))["id"])

    def later(self, seconds: int = AFTER_EXPIRY) -> None:
        """Time passes, here and there."""
        self.clock.advance(seconds)
        self.emulator.advance(seconds)

    async def read(self, user_id: str, *, at: RunningBroker | None = None, query: str = "") -> Page:
        """What an operator's program does."""
        url = f"{(at or self.broker).admin_url}/users/{user_id}/provider-tokens/microsoft{query}"
        return await self.browser.get(url, Authorization=f"Bearer {self.api_key}")

    async def refused(self, user_id: str) -> tuple[int, str]:
        """Status and reason of a refusal."""
        page = await self.read(user_id)
        return page.status, told(page)["error"]

    async def grant(self, user_id: str) -> KeptGrant:
        """What is kept."""
        async with self.broker.application.broker.store.read() as connection:
            grant = await newest_grant(connection, user_id, "microsoft")
        assert grant is not None
        return grant

    async def tokens(self, user_id: str) -> ProviderTokens:
        """What is kept, opened."""
        return self.broker.application.broker.grants.vault.opened(await self.grant(user_id))

    async def asked(self) -> int:
        """How often the token endpoint was asked."""
        return (await self.emulator.counters()).get("token", 0)

    async def until_asked(self, times: int) -> None:
        """Wait for the token endpoint to have been asked so often."""
        for _ in range(1000):
            if await self.asked() >= times:
                return
            await asyncio.sleep(0.005)
        raise AssertionError("nobody asked")


@asynccontextmanager
async def keeping(
    base_dir: Path, *, changes: Mapping[str, Any] | None = None, database: str = "sqlite:///broker.db"
) -> AsyncIterator[Keeper]:
    """Until the block ends."""
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(running_microsoft())
        clock = FrozenClock(SystemClock().now())
        broker = await stack.enter_async_context(
            running_broker(
                base_dir=base_dir,
                emulator=emulator,
                database=database,
                changes={**KEEPING, **(changes or {})},
                clock=clock,
            )
        )
        yield Keeper(
            broker=broker,
            emulator=emulator,
            clock=clock,
            browser=await stack.enter_async_context(broker.browser()),
            api_key=(await broker.application.broker.api_keys.create("back end")).key,
        )
