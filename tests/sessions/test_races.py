"""A sign-in as a whole, against an operator or against others of its kind, on two replicas."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from broker.accounts.provision import provision
from broker.accounts.users import Users
from broker.errors import BrokerError, IdentityRefused, NotAuthenticated, NotUnique
from broker.models.identities import ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.store import users
from broker.store.base import Store
from tests.accounts.people import a_person, proven
from tests.sessions.stage import LIMITS, Stage, a_stage, an_origin


async def signed_in(stage: Stage, person: ProviderIdentity) -> str:
    """The token of a sign-in; account and session in one transaction, as at the callback."""
    for _ in range(4):
        try:
            async with stage.store.transaction() as c:
                found = await provision(c, person, policy=AccountPolicy(), allow_signup=True, clock=stage.clock)
                session = await stage.sessions.issue(c, found.profile, an_origin(found.profile))
            return stage.sessions.token_for(session, found.profile)
        except NotUnique:
            continue
    raise AssertionError("four times somebody was faster")


async def living(stage: Stage, tokens: Sequence[str | BaseException]) -> int:
    found = 0
    for token in tokens:
        if isinstance(token, BaseException):
            continue
        try:
            await stage.sessions.check(token)
            found += 1
        except NotAuthenticated:
            continue
    return found


async def test_nobody_is_left_signed_in_by_a_lock_in_that_moment(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(store) for store in replicas]
    for round_ in range(6):
        person = a_person(f"alice{round_}", proven(f"a{round_}@alder.example"))
        first = await signed_in(stages[0], person)
        user_id = (await stages[0].sessions.check(first)).session.user_id
        sign_ins = asyncio.gather(*(signed_in(stage, person) for stage in stages), return_exceptions=True)
        tokens, _ = await asyncio.gather(sign_ins, Users(replicas[1], stages[1].clock).lock(user_id))
        assert all(isinstance(token, str | IdentityRefused) for token in tokens)
        assert await living(stages[1], [first, *tokens]) == 0


async def test_nobody_keeps_a_session_of_a_user_who_is_deleted_in_that_moment(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(store) for store in replicas]
    for round_ in range(6):
        person = a_person(f"alice{round_}", proven(f"a{round_}@alder.example"))
        first = await signed_in(stages[0], person)
        old = (await stages[0].sessions.check(first)).session.user_id
        token, deleted = await asyncio.gather(signed_in(stages[0], person), _deleted(replicas[1], old))
        assert deleted
        assert await living(stages[0], [first]) == 0
        try:
            live = await stages[1].sessions.check(token)
        except NotAuthenticated:
            continue
        assert live.session.user_id != old


async def test_the_limit_holds_however_many_sign_in_at_once(replicas: Sequence[Store]) -> None:
    limits = replace(LIMITS, most_per_user=3)
    stages = [await a_stage(store, limits=limits) for store in replicas]
    person = a_person("alice", proven())
    tokens = await asyncio.gather(
        *(signed_in(stages[number % 2], person) for number in range(10)), return_exceptions=True
    )
    assert not [token for token in tokens if isinstance(token, BrokerError)]
    assert await living(stages[0], tokens) == 3
    assert len(await stages[0].ended()) == 7


async def test_a_session_that_two_end_at_once_ends_once(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(store) for store in replicas]
    live = await stages[0].sessions.check(await signed_in(stages[0], a_person("alice", proven())))
    ends = (stage.sessions.end(live.session.id, user_id=live.session.user_id, reason="logout") for stage in stages)
    answers = await asyncio.gather(*ends, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "NotFound"]
    assert await stages[0].ended() == [(live.session.id, "logout")]


async def _deleted(store: Store, user_id: str) -> bool:
    async with store.transaction() as c:
        return await users.delete_user(c, user_id)
