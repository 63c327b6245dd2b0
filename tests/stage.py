"""The stage of a sign-in: a running broker, an emulator, and two browsers, in attacks a victim's and an attacker's."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.observed import Counted, Rows, all_rows, written
from tests.peers.microsoft import MicrosoftPeer, running_microsoft

HTTPS_URL = "https://localhost:8000"
"""How browsers see a broker behind a proxy that speaks TLS; only a name, nothing listens there."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What the broker had done at one moment."""

    rows: Rows
    counted: Counted
    calls: Mapping[str, int]


@dataclass(kw_only=True)
class Stage:
    """`honest` is what had been done when the attack began: nothing, unless an attack says otherwise."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    clock: FrozenClock
    victim: Browser
    attacker: Browser
    honest: Observation = field(init=False)

    async def observe(self) -> Observation:
        """What the broker has done until now."""
        internals = self.broker.application.broker
        return Observation(
            rows=await all_rows(internals.store),
            counted=Counted.of(internals.metrics),
            calls=await self.emulator.counters(),
        )

    async def honest_until_now(self) -> None:
        """Whatever was written so far was no part of the attack."""
        self.honest = await self.observe()

    async def signed_in(self, browser: Browser, person: str) -> Page:
        """An honest sign-in before the attack."""
        page = await browser.sign_in(person)
        assert page.query.get("error") is None, page.location
        await self.honest_until_now()
        return page

    async def written(self) -> dict[str, int]:
        """How many rows changed since, by table."""
        return written(self.honest.rows, await all_rows(self.broker.application.broker.store))

    async def until_codes_were_sent(self, count: int = 1) -> None:
        """Wait for the provider to have been asked so often for tokens since the stage was set."""
        for _ in range(1000):
            if (await self.emulator.counters()).get("token", 0) >= count:
                return
            await asyncio.sleep(0.005)
        raise AssertionError("the code was not sent")


@asynccontextmanager
async def staged(
    base_dir: Path, changes: Mapping[str, Any] | None = None, *, https: bool = False, database: str | None = None
) -> AsyncIterator[Stage]:
    """A stage until the block ends. The clock stands still at the present, which the emulator's tokens need."""
    async with AsyncExitStack() as stack:
        callback = f"{HTTPS_URL}/thirdparty/callback"
        emulator = await stack.enter_async_context(running_microsoft(redirect_uris=[callback] if https else []))
        clock = FrozenClock(int(time.time()))
        broker = await stack.enter_async_context(
            running_broker(
                base_dir=base_dir,
                emulator=emulator,
                database=database or "sqlite:///broker.db",
                # Keys of elliptic curves are made in no time.
                changes={"session.jwt": {"algorithm": "ES256"}, **(changes or {})},
                clock=clock,
                public_url=HTTPS_URL if https else None,
            )
        )
        victim = await stack.enter_async_context(broker.browser())
        attacker = await stack.enter_async_context(broker.browser())
        stage = Stage(broker=broker, emulator=emulator, clock=clock, victim=victim, attacker=attacker)
        await stage.honest_until_now()
        yield stage


def parameters_of(url: str) -> dict[str, str]:
    """The parameters of a callback URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def cookie_name(url: str, *, prefix: str = "signin-") -> str:
    """The name of the cookie that belongs to the state of this callback URL."""
    return prefix + hashlib.sha256(parameters_of(url)["state"].encode()).hexdigest()[:16]


def cookie_value(browser: Browser, url: str) -> str:
    """The browser's cookie for the state of this callback URL."""
    value = browser.cookie(cookie_name(url))
    assert value is not None, "the sign-in has a cookie"
    return value
