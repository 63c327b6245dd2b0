"""However many ask at once, on however many replicas: one asks Microsoft, and all have its answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.crypto import opaque_token
from broker.store.provider_tokens import claim_lease
from tests.brokers import RunningBroker, running_broker
from tests.contract.plain.calls import told
from tests.grants.stage import KEEPING, MICROSOFT, Keeper, keeping

READERS = 50


@pytest.fixture
async def replicas(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Keeper, RunningBroker]]:
    changes = {"database.pool": {"min": 1, "max": 3}, f"{MICROSOFT}.recheck": "4h"}
    async with (
        keeping(tmp_path, database=database_url, changes=changes) as keeper,
        running_broker(
            base_dir=tmp_path,
            emulator=keeper.emulator,
            database=database_url,
            changes={**KEEPING, **changes},
            clock=keeper.clock,
        ) as second,
    ):
        yield keeper, second


async def read_by_all(keeper: Keeper, second: RunningBroker, user_id: str) -> list[tuple[int, str]]:
    """Status, and token or reason, of fifty at once, by turns at either replica."""
    at = [keeper.broker, second] * (READERS // 2)
    pages = await asyncio.gather(*(keeper.read(user_id, at=one) for one in at))
    bodies = [told(page) for page in pages]
    return [(page.status, body.get("access_token") or body["error"]) for page, body in zip(pages, bodies, strict=True)]


async def test_fifty_readers_at_two_replicas_make_one_refresh(replicas: tuple[Keeper, RunningBroker]) -> None:
    keeper, second = replicas
    alice = await keeper.signed_in()
    old = await keeper.tokens(alice)
    keeper.later()
    await keeper.emulator.fault("token", delay=0.3)
    answers = await read_by_all(keeper, second, alice)
    assert await keeper.asked() == 2, "the sign-in's, and one refresh"
    new = await keeper.tokens(alice)
    assert new.access_token != old.access_token
    assert set(answers) == {(200, new.access_token)}
    store = keeper.broker.application.broker.store
    assert store.open_blocks == 0


async def test_fifty_readers_are_told_one_refusal(replicas: tuple[Keeper, RunningBroker]) -> None:
    keeper, second = replicas
    alice = await keeper.signed_in()
    await keeper.emulator.people("alice", revoke_sessions=True)
    keeper.later()
    await keeper.emulator.fault("token", delay=0.2)
    assert set(await read_by_all(keeper, second, alice)) == {(409, "grant_revoked")}
    assert await keeper.asked() == 2


async def test_people_are_asked_about_again_by_one_replica_each(replicas: tuple[Keeper, RunningBroker]) -> None:
    keeper, second = replicas
    people = ("alice", "bob", "carol", "ivan", "heidi", "nina")
    for person in people:
        await keeper.signed_in(person)
        keeper.browser.drop_cookies()
    keeper.later(4 * 3600)
    await keeper.emulator.fault("token", delay=0.1, times=len(people))
    await asyncio.gather(*(one.application.broker.grants.recheck.round() for one in (keeper.broker, second)))
    assert await keeper.asked() == 2 * len(people), "a sign-in and a question each"


async def test_no_connection_is_held_while_microsoft_is_asked(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    await keeper.emulator.fault("token", delay=0.3)
    reading = asyncio.create_task(keeper.read(alice))
    await keeper.until_asked(2)
    assert keeper.broker.application.broker.store.open_blocks == 0
    assert (await reading).status == 200


async def test_reader_who_hangs_up_takes_the_answer_from_nobody(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    await keeper.emulator.fault("token", delay=0.3)
    first = asyncio.create_task(keeper.read(alice))
    await keeper.until_asked(2)
    second = asyncio.create_task(keeper.read(alice))
    first.cancel()
    assert (await second).status == 200
    assert await keeper.asked() == 2


async def test_replica_that_died_while_asking_is_waited_for_and_then_replaced(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    grant, now = await keeper.grant(alice), keeper.clock.now()
    async with keeper.broker.application.broker.store.transaction() as connection:
        await claim_lease(
            connection, grant.identity_id, generation=grant.generation, lease="dead", now=now, until=now + 45
        )
    reading = asyncio.create_task(keeper.read(alice))
    assert not (await asyncio.wait([reading], timeout=0.3))[0]
    keeper.later(45)
    assert told(await reading)["access_token"] == (await keeper.tokens(alice)).access_token


async def test_sign_in_while_others_wait_serves_them(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    grant, now = await keeper.grant(alice), keeper.clock.now()
    async with keeper.broker.application.broker.store.transaction() as connection:
        await claim_lease(
            connection, grant.identity_id, generation=grant.generation, lease=opaque_token(), now=now, until=now + 45
        )
    reading = asyncio.create_task(keeper.read(alice))
    assert not (await asyncio.wait([reading], timeout=0.15))[0]
    await keeper.signed_in()
    assert told(await reading)["access_token"] == (await keeper.tokens(alice)).access_token
    assert await keeper.asked() == 2


async def test_answer_that_comes_after_a_new_sign_in_does_not_take_its_place(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    await keeper.emulator.fault("token", delay=0.4)
    reading = asyncio.create_task(keeper.read(alice))
    await keeper.until_asked(2)
    await keeper.signed_in()
    by_sign_in = await keeper.tokens(alice)
    assert told(await reading)["access_token"] == by_sign_in.access_token
    assert await keeper.tokens(alice) == by_sign_in
