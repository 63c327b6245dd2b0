"""What ends when a provider says that its session ended: what came of that session through it, and no more."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from broker.models.sessions import AtProvider
from broker.models.users import UserProfile
from broker.sessions.provider_logout import ProviderLogout
from broker.store import sessions as rows
from broker.store import signins
from tests.sessions.stage import Stage, a_member
from tests.store.rows import a_code

SID = AtProvider(session_id="5e55ed00-0000-4000-8000-0000000000aa")
OTHER = AtProvider(session_id="5e55ed00-0000-4000-8000-0000000000bb")


def logout_of(stage: Stage) -> ProviderLogout:
    return ProviderLogout(stage.store, stage.clock)


async def remaining(stage: Stage) -> set[str]:
    async with stage.store.read() as c:
        return {session.id for session in await rows.list_sessions(c)}


async def test_every_session_of_that_sid_ends_whosever_it_is(stage: Stage, alice: UserProfile) -> None:
    """Two browsers, or two people who one after the other used the provider's session: it has ended for all."""
    bob = await a_member(stage.store, "bob")
    ending = [(await stage.issued(who, at_provider=SID))[0].id for who in (alice, alice, bob)]
    staying = [(await stage.issued(alice, **how))[0].id for how in ({"at_provider": OTHER}, {})]
    assert await logout_of(stage).end("microsoft", SID.session_id, emulator=False) == 3
    assert await remaining(stage) == set(staying)
    assert sorted(await stage.ended()) == sorted((session_id, "provider_logout") for session_id in ending)


@pytest.mark.parametrize(
    "made",
    [{"provider": "custom_acme"}, {"emulator": True}, {"at_provider": OTHER}, {"at_provider": AtProvider()}],
    ids=["another provider's", "a stand-in's", "another sid", "none"],
)
async def test_what_came_of_something_else_stays(stage: Stage, alice: UserProfile, made: dict[str, Any]) -> None:
    """A provider that is compromised, or a custom one that anybody runs, ends nobody's sessions but its own."""
    session, _ = await stage.issued(alice, **{"at_provider": SID, **made})
    assert await logout_of(stage).end("microsoft", SID.session_id, emulator=False) == 0
    assert await remaining(stage) == {session.id}
    assert await stage.ended() == []


@pytest.mark.parametrize(
    "sid", [None, "", "%", "_" * 36, "x" * 256, "a\nb", "é" * 8, "5E55ED00-0000-4000-8000-0000000000AA"]
)
async def test_what_is_no_sid_of_ours_ends_nothing(stage: Stage, alice: UserProfile, sid: str | None) -> None:
    session, _ = await stage.issued(alice, at_provider=SID)
    await stage.issued(alice)
    assert await logout_of(stage).end("microsoft", sid, emulator=False) == 0
    assert session.id in await remaining(stage)
    assert len(await remaining(stage)) == 2


async def test_codes_of_that_sid_go_and_others_stay(stage: Stage, alice: UserProfile) -> None:
    mine, other = (a_code(alice.identities[0], each * 64) for each in "ab")
    async with stage.store.transaction() as c:
        await signins.insert_code(c, replace(mine, at_provider=SID))
        await signins.insert_code(c, replace(other, at_provider=OTHER))
    await logout_of(stage).end("microsoft", SID.session_id, emulator=False)
    async with stage.store.read() as c:
        assert await signins.code(c, "a" * 64) is None
        assert await signins.code(c, "b" * 64) is not None


async def test_said_twice_at_once_it_is_written_once(stage: Stage, alice: UserProfile) -> None:
    session, _ = await stage.issued(alice, at_provider=SID)
    said = (logout_of(stage).end("microsoft", SID.session_id, emulator=False) for _ in range(4))
    assert sorted(await asyncio.gather(*said)) == [0, 0, 0, 1]
    assert await stage.ended() == [(session.id, "provider_logout")]
