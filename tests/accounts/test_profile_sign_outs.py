"""Leave to sign somebody out at their provider: used once, whoever brings it at the same time."""

import asyncio

import pytest

from broker.accounts.profile_sign_outs import LEAVE_SECONDS, ProfileSignOuts
from broker.clock import FrozenClock
from broker.errors import NotFound
from broker.store import signins
from broker.store.base import Store
from tests.store.rows import NOW


async def test_of_many_who_bring_it_at_once_one_is_let_through(store: Store) -> None:
    sign_outs = ProfileSignOuts(store, FrozenClock(NOW))

    answers = await asyncio.gather(*(sign_outs.use("once") for _ in range(5)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["NotFound"] * 4]
    await sign_outs.use("another")


async def test_it_is_remembered_for_longer_than_it_is_good(store: Store) -> None:
    sign_outs = ProfileSignOuts(store, FrozenClock(NOW))
    await sign_outs.use("once")
    async with store.transaction() as c:
        assert await signins.delete_expired_signins(c, now=NOW + LEAVE_SECONDS + 1) == 0

    with pytest.raises(NotFound):
        await sign_outs.use("once")
