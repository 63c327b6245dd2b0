"""Keys for the admin API: shown once, stored as a hash, refused when revoked or expired."""

import asyncio
import re

import pytest

from broker.accounts.api_keys import TOUCH_SECONDS, ApiKeys
from broker.clock import FrozenClock
from broker.errors import Conflict, NotAuthenticated, NotFound
from broker.store.base import Store
from tests.accounts.provisioning import trail
from tests.store.rows import NOW


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
def keys(store: Store, clock: FrozenClock) -> ApiKeys:
    return ApiKeys(store, clock)


async def test_a_key_opens_the_door_and_only_its_hash_is_kept(store: Store, keys: ApiKeys) -> None:
    made = await keys.create("deploy")
    assert re.fullmatch(r"bk_[A-Za-z0-9_-]{43}", made.key)
    assert (await keys.check(made.key)).id == made.record.id
    async with store.read() as c:
        assert made.key not in str(await c.fetch_all("SELECT * FROM api_keys"))
    assert [(one.type, one.actor, one.detail) for one in await trail(store)] == [
        ("api_key.created", "operator", {"name": "deploy"})
    ]


async def test_any_other_key_is_refused(keys: ApiKeys) -> None:
    key = (await keys.create("deploy")).key
    for wrong in ("", "bk_", key[:-1], key + "A", key.upper(), key.removeprefix("bk_"), f" {key}", "ä\ud800"):
        with pytest.raises(NotAuthenticated):
            await keys.check(wrong)


async def test_a_key_lives_as_long_as_it_was_given(keys: ApiKeys, clock: FrozenClock) -> None:
    short, long = (await keys.create("short", lifetime=60)).key, (await keys.create("long")).key
    clock.advance(59)
    await keys.check(short)
    clock.advance(1)
    with pytest.raises(NotAuthenticated):
        await keys.check(short)
    await keys.check(long)


@pytest.mark.parametrize("by", ["id", "name"])
async def test_a_revoked_key_is_refused_at_once(keys: ApiKeys, store: Store, by: str) -> None:
    made, other = await keys.create("deploy"), await keys.create("other")
    await keys.check(made.key)
    await keys.revoke(made.record.id if by == "id" else "deploy")
    with pytest.raises(NotAuthenticated):
        await keys.check(made.key)
    with pytest.raises(NotFound):
        await keys.revoke("deploy")
    assert [one.id for one in await keys.list()] == [other.record.id]
    assert (await trail(store))[-1].type == "api_key.revoked"


async def test_a_name_is_given_once_even_by_two_at_once(keys: ApiKeys, store: Store) -> None:
    answers = await asyncio.gather(*(keys.create("deploy") for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 2
    with pytest.raises(Conflict, match="deploy"):
        await keys.create("deploy")
    assert len(await keys.list()) == len(await trail(store)) == 1


async def test_use_is_written_down_once_a_minute(keys: ApiKeys, clock: FrozenClock) -> None:
    key = (await keys.create("deploy")).key
    for advance, noted in ((0, NOW), (TOUCH_SECONDS - 1, NOW), (1, NOW + TOUCH_SECONDS)):
        clock.advance(advance)
        await keys.check(key)
        assert [one.last_used_at for one in await keys.list()] == [noted]
