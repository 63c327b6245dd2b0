"""Which session a browser carries, and what becomes of it when it gets another."""

from dataclasses import replace

import pytest

from broker.crypto import SecretKeys
from broker.errors import NotUnique
from broker.models.users import UserProfile
from broker.sessions.token import MOST_BYTES
from broker.store.base import Store
from broker.store.identities import insert_identity
from tests.sessions.stage import OTHER_SECRET, RULES, Stage, a_member, a_stage
from tests.store.rows import written


async def test_a_browser_carries_the_session_that_its_token_names(stage: Stage, alice: UserProfile) -> None:
    session, token = await stage.issued(alice)
    assert await stage.sessions.carried([token]) == {session.id}
    assert await stage.sessions.carried(["nonsense", token, token]) == {session.id}
    assert await stage.sessions.carried([]) == frozenset()


async def test_of_two_different_sessions_both_are_carried(stage: Stage, alice: UserProfile) -> None:
    """A sibling host planted one, and nobody can tell which: both will end."""
    one, first = await stage.issued(alice)
    other, second = await stage.issued(await a_member(stage.store, "mallory"))
    assert await stage.sessions.carried([first, second]) == {one.id, other.id}


async def test_what_is_no_session_token_of_ours_is_not_carried(stage: Stage, alice: UserProfile, store: Store) -> None:
    session, token = await stage.issued(alice)
    foreign = await a_stage(store, rules=replace(RULES, issuer="https://another.example"))
    forged = f"{token[:-4]}{'AAAA' if token[-4:] != 'AAAA' else 'BBBB'}"
    long = token + "A" * MOST_BYTES
    others = [forged, long, "", "..", "ä", foreign.sessions.token_for(session, alice)]
    assert await stage.sessions.carried(others) == frozenset()
    stage.clock.advance(12 * 3600)
    assert await stage.sessions.carried([token]) == frozenset()


async def test_the_session_that_a_browser_carried_ends_when_it_gets_another(stage: Stage, alice: UserProfile) -> None:
    old, old_token = await stage.issued(alice)
    async with stage.store.transaction() as c:
        await stage.sessions.end_carried(c, await stage.sessions.carried([old_token]))
        await stage.sessions.end_carried(c, ["one that was gone already"])
    assert await stage.ended() == [(old.id, "replaced")]


async def test_a_carried_session_stays_if_the_transaction_fails(stage: Stage, alice: UserProfile) -> None:
    session, token = await stage.issued(alice)
    with pytest.raises(NotUnique):
        await written(
            stage.store,
            lambda c: stage.sessions.end_carried(c, [session.id]),
            lambda c: insert_identity(c, alice.identities[0]),
        )
    await stage.sessions.check(token)
    assert await stage.ended() == []


async def test_a_secret_that_changed_does_not_matter_to_sessions(store: Store, alice: UserProfile) -> None:
    before = await a_stage(store)
    _, token = await before.issued(alice)
    after = await a_stage(store, secrets=SecretKeys([OTHER_SECRET, "a-secret-of-tests-that-is-long-enough"]))
    await after.sessions.check(token)
