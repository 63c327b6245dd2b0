"""Renewals that meet on two replicas: other tabs, other copies, and an operator."""

import asyncio
from collections.abc import Sequence

import pytest

from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.errors import GrantRefused
from broker.sessions.refreshing import Refreshed
from broker.store import sessions as session_rows
from broker.store.base import Store
from tests.databases import somebody_waits
from tests.sessions.renewing import Renewing
from tests.sessions.stage import a_member, a_stage
from tests.store.rows import NOW


async def test_fifty_tabs_on_two_replicas_get_one_successor_and_the_session_lives(replicas: Sequence[Store]) -> None:
    alice = await a_member(replicas[0])
    servers = [Renewing(await a_stage(store)) for store in replicas]
    session, first = await servers[0].begun(alice)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(servers[tab % 2].renewed(first) for tab in range(50)))
    assert {answer.session.id for answer in answers} == {session.id}
    (second,) = {answer.refresh_token for answer in answers}
    await servers[1].renewed(second)
    assert await servers[0].is_alive(session)


async def test_one_end_is_written_however_many_bring_a_copy_at_once(replicas: Sequence[Store]) -> None:
    alice = await a_member(replicas[0])
    clock = FrozenClock(NOW)
    servers = [Renewing(await a_stage(store, clock=clock)) for store in replicas]
    _, first = await servers[0].begun(alice)
    await servers[0].renewed(first)
    clock.advance(60)
    copies = (servers[copy % 2].renewed(first) for copy in range(10))
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*copies, return_exceptions=True)
    assert all(isinstance(answer, GrantRefused) for answer in answers)
    assert len(await servers[0].stage.ended()) == 1


async def test_nobody_renews_what_is_locked_in_that_moment(replicas: Sequence[Store]) -> None:
    servers = [Renewing(await a_stage(store)) for store in replicas]
    for round_ in range(6):
        alice = await a_member(replicas[0], f"alice{round_}")
        session, first = await servers[0].begun(alice)
        async with asyncio.timeout(30):
            answer, _ = await asyncio.gather(
                servers[0].renewed(first),
                Users(replicas[1], servers[1].stage.clock).lock(alice.user.id),
                return_exceptions=True,
            )
        assert isinstance(answer, Refreshed | GrantRefused)
        assert not await servers[0].is_alive(session)
        if isinstance(answer, Refreshed):
            with pytest.raises(GrantRefused):
                await servers[1].renewed(answer.refresh_token)


async def test_a_renewal_and_a_user_who_is_deleted_do_not_wait_for_one_another(replicas: Sequence[Store]) -> None:
    """The renewal holds the session's row and writes to it again; the deletion holds the user's, and wants all else."""
    here, there = replicas
    alice, clock = await a_member(here), FrozenClock(NOW)
    session, _ = await Renewing(await a_stage(here, clock=clock)).begun(alice)
    async with asyncio.timeout(30):
        async with here.transaction() as c:
            assert await session_rows.lock_session_row(c, session.id) is not None
            deletion = asyncio.create_task(Users(there, clock).delete(alice.user.id))
            await somebody_waits(here, c)
            await session_rows.touch_session(c, session.id, now=NOW + 60)
        await deletion
