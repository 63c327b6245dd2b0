"""Readiness: the database answers and the signing keys are followed; whoever balances the load takes others else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.clock import FrozenClock
from broker.errors import SealBroken
from broker.store.base import Store
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import told

READY, NOT_READY = (200, {"ready": True, "emulator": True}), (503, {"ready": False})


@pytest.fixture
async def standing(tmp_path: Path, now: FrozenClock) -> AsyncIterator[RunningBroker]:
    """A broker whose clock stands still."""
    async with running_broker(base_dir=tmp_path, clock=now) as broker:
        yield broker


async def health(broker: RunningBroker, program: Browser) -> tuple[int, object]:
    """The same on both addresses."""
    pages = [await program.get(f"{base}/health/ready") for base in (broker.url, broker.admin_url)]
    (answer,) = {(page.status, page.text) for page in pages}
    return answer[0], told(pages[0])


async def seal_with_a_secret_of_another(store: Store) -> None:
    async with store.transaction() as c:
        await c.execute("UPDATE signing_keys SET sealed_private = substr(sealed_private, 2), kid = kid || 'x'")


async def test_server_that_lost_sight_of_the_keys_is_not_ready(standing: RunningBroker, now: FrozenClock) -> None:
    keyring = standing.application.broker.keyring
    async with standing.browser() as program:
        now.advance(60)
        assert await health(standing, program) == READY
        now.advance(1)
        assert await health(standing, program) == NOT_READY
        assert (await program.get("/health/alive")).status == 200
        await keyring.refresh()
        assert await health(standing, program) == READY


async def test_keys_that_no_secret_opens_are_not_followed(standing: RunningBroker, now: FrozenClock) -> None:
    """Somebody turned the keys with a secret that this server does not have."""
    inside = standing.application.broker
    async with standing.browser() as program:
        await seal_with_a_secret_of_another(inside.store)
        now.advance(61)
        with pytest.raises(SealBroken):
            await inside.keyring.refresh()
        assert await health(standing, program) == NOT_READY
