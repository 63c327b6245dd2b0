"""The one-time code: redeemed once, in time, by whoever can show the verifier, for a user who may still sign in."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from broker.accounts.users import Users
from broker.crypto import opaque_token, token_hash
from broker.errors import BrokerError, CodeExpired, IdentityRefused, InvalidRequest, NotFound
from broker.models.browsers import Browser
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.protocol import pkce
from broker.signin.handoff import CODE_SECONDS, MOST_FAILURES, Redeem, Redeemed
from broker.store import signins, users
from broker.store.base import Store
from tests.sessions.stage import Stage, a_member, a_sign_in, a_stage, an_origin, found_as

VERIFIER, WRONG = "v" * 43, "w" * 43
CHALLENGE = pkce.challenge(VERIFIER)


async def minted(
    stage: Stage, profile: UserProfile, *, session: Session | None = None, challenge: str | None = None, **origin: Any
) -> str:
    """A code, as the callback makes one."""
    async with stage.store.transaction() as c:
        return await stage.hand_off.mint(
            c, found_as(profile), an_origin(profile, **origin), a_sign_in(code_challenge=challenge), session
        )


def asking(code: str, verifier: str | None = None, *tokens: str) -> Redeem:
    return Redeem(
        unverified_code=code,
        unverified_verifier=verifier,
        browser=Browser(session_tokens=tokens, user_agent="Safari", ip_address="192.0.2.9", request_id="request"),
    )


async def test_a_code_is_exchanged_for_a_session_of_its_sign_in(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    stage.clock.advance(CODE_SECONDS - 1)
    redeemed = await stage.hand_off.redeem(asking(code))
    session = redeemed.session
    assert redeemed.issued
    assert (session.user_id, session.identity_id) == (alice.user.id, alice.identities[0].id)
    assert (session.created_at, session.sign_in_hash) == (stage.clock.now(), token_hash("s" * 43))
    assert (session.user_agent, session.ip_address) == ("Safari", "192.0.2.9")
    assert (await stage.sessions.check(redeemed.session_token)).session == session


async def test_only_the_hash_of_a_code_is_stored(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    async with stage.store.read() as c:
        rows = await c.fetch_all("SELECT * FROM one_time_codes")
    assert rows[0]["code_hash"] == token_hash(code)
    assert code not in str(rows)


async def test_a_code_is_used_once(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    await stage.hand_off.redeem(asking(code))
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking(code))
    assert len(await stage.sessions.list_of(alice.user.id)) == 1


async def test_of_twenty_who_redeem_at_once_one_gets_the_session(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(store) for store in replicas]
    alice = await a_member(replicas[0])
    code = await minted(stages[0], alice)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(stages[number % 2].hand_off.redeem(asking(code)) for number in range(20)), return_exceptions=True
        )
    assert sum(isinstance(answer, Redeemed) for answer in answers) == 1
    assert sum(isinstance(answer, NotFound) for answer in answers) == 19
    assert len(await stages[0].sessions.list_of(alice.user.id)) == 1


async def test_a_code_that_comes_too_late_differs_from_one_that_never_was(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    stage.clock.advance(CODE_SECONDS)
    with pytest.raises(CodeExpired):
        await stage.hand_off.redeem(asking(code))
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking(opaque_token()))
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking("ä\ud800"))


@pytest.mark.parametrize("verifier", [None, WRONG, "", "v" * 42, "v" * 129, CHALLENGE, "v" * 42 + "ä"])
async def test_a_code_with_a_challenge_needs_its_verifier(
    stage: Stage, alice: UserProfile, verifier: str | None
) -> None:
    code = await minted(stage, alice, challenge=CHALLENGE)
    with pytest.raises(InvalidRequest):
        await stage.hand_off.redeem(asking(code, verifier))
    assert (await stage.hand_off.redeem(asking(code, VERIFIER))).session.user_id == alice.user.id


async def test_a_verifier_without_a_challenge_is_refused_and_uses_nothing_up(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    for _ in range(MOST_FAILURES + 1):
        with pytest.raises(InvalidRequest):
            await stage.hand_off.redeem(asking(code, VERIFIER))
    await stage.hand_off.redeem(asking(code))


async def test_four_wrong_verifiers_are_forgiven_and_the_fifth_ends_the_code(stage: Stage, alice: UserProfile) -> None:
    lucky, unlucky = [await minted(stage, alice, challenge=CHALLENGE) for _ in range(2)]
    for _ in range(MOST_FAILURES - 1):
        for code in (lucky, unlucky):
            with pytest.raises(InvalidRequest):
                await stage.hand_off.redeem(asking(code, WRONG))
    await stage.hand_off.redeem(asking(lucky, VERIFIER))
    with pytest.raises(InvalidRequest):
        await stage.hand_off.redeem(asking(unlucky, WRONG))
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking(unlucky, VERIFIER))


async def test_wrong_verifiers_at_once_are_all_counted(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(store) for store in replicas]
    code = await minted(stages[0], await a_member(replicas[0]), challenge=CHALLENGE)
    await asyncio.gather(
        *(stages[number % 2].hand_off.redeem(asking(code, WRONG)) for number in range(8)), return_exceptions=True
    )
    async with replicas[0].read() as c:
        assert await signins.code(c, token_hash(code)) is None


async def test_where_both_are_delivered_the_code_brings_the_session_of_the_cookie(
    stage: Stage, alice: UserProfile
) -> None:
    session, token = await stage.issued(alice)
    code = await minted(stage, alice, session=session)
    stage.clock.advance(30)
    redeemed = await stage.hand_off.redeem(asking(code, None, token))
    assert (redeemed.session, redeemed.issued) == (session, False)
    assert (await stage.sessions.check(redeemed.session_token)).session == session
    assert await stage.sessions.list_of(alice.user.id) == [session]
    assert await stage.ended() == []


async def test_a_session_that_was_ended_before_its_code_came_stays_ended(stage: Stage, alice: UserProfile) -> None:
    session, _ = await stage.issued(alice)
    code = await minted(stage, alice, session=session)
    await stage.sessions.end(session.id, user_id=alice.user.id, reason="logout")
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking(code))
    assert await stage.sessions.list_of(alice.user.id) == []


async def test_what_the_browser_carried_ends_with_the_exchange(stage: Stage, alice: UserProfile) -> None:
    old, old_token = await stage.issued(await a_member(stage.store, "bob"))
    redeemed = await stage.hand_off.redeem(asking(await minted(stage, alice), None, old_token))
    assert await stage.ended() == [(old.id, "replaced")]
    await stage.sessions.check(redeemed.session_token)


async def test_a_code_that_is_refused_ends_nothing_that_the_browser_carried(stage: Stage, alice: UserProfile) -> None:
    _, token = await stage.issued(alice)
    code = await minted(stage, alice, challenge=CHALLENGE)
    for wrong in (asking(code, WRONG, token), asking(opaque_token(), None, token)):
        with pytest.raises(BrokerError):
            await stage.hand_off.redeem(wrong)
    await stage.sessions.check(token)


async def test_a_user_who_was_locked_meanwhile_gets_no_session(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    await Users(stage.store, stage.clock).lock(alice.user.id)
    with pytest.raises(IdentityRefused, match="account_locked"):
        await stage.hand_off.redeem(asking(code))
    assert await stage.sessions.list_of(alice.user.id) == []


async def test_a_user_who_was_deleted_meanwhile_takes_the_code_along(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    async with stage.store.transaction() as c:
        await users.delete_user(c, alice.user.id)
    with pytest.raises(NotFound):
        await stage.hand_off.redeem(asking(code))


async def test_a_user_deleted_in_the_moment_of_the_exchange_leaves_no_session_and_no_deadlock(
    replicas: Sequence[Store],
) -> None:
    stage = await a_stage(replicas[0])
    for round_ in range(8):
        alice = await a_member(replicas[0], f"alice{round_}")
        code = await minted(stage, alice)
        answer, deleted = await asyncio.gather(
            stage.hand_off.redeem(asking(code)), _deleted(replicas[1], alice.user.id), return_exceptions=True
        )
        assert isinstance(answer, Redeemed | NotFound)
        assert deleted is True
        assert await stage.sessions.list_of(alice.user.id) == []


async def test_an_emulators_code_is_worth_nothing_where_no_emulator_stands_in(store: Store, alice: UserProfile) -> None:
    staging, public = await a_stage(store, emulated=("microsoft",)), await a_stage(store)
    code = await minted(staging, alice, emulator=True)
    with pytest.raises(NotFound):
        await public.hand_off.redeem(asking(code))
    redeemed = await staging.hand_off.redeem(asking(code))
    assert redeemed.session.emulator


async def _deleted(store: Store, user_id: str) -> bool:
    async with store.transaction() as c:
        return await users.delete_user(c, user_id)
