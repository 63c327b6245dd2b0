"""The code of an application: who gets what for it, also where everything else had let them come so far."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from broker.accounts.users import Users
from broker.crypto import SecretKeys
from broker.errors import GrantRefused
from broker.grants.vault import Vault
from broker.models.applications import Application
from broker.models.signins import ForApplication
from broker.models.users import UserProfile
from broker.protocol import pkce
from broker.sessions.refreshing import RefreshTokens
from broker.signin.exchange import Exchange, ExchangeCode, NewSession
from broker.signin.handoff import CODE_SECONDS, MOST_FAILURES
from broker.store.base import Store
from tests.sessions.renewing import Renewing
from tests.sessions.stage import SECRET, Stage, a_member, a_sign_in, a_stage, an_origin, found_as

VERIFIER = "v" * 43
DEMO = Application(name="Demo", client_id="client_demo")
ASKED = ForApplication(client_id=DEMO.client_id, interface="user_management", connection_id="0" * 8)


def an_exchange(stage: Stage) -> Exchange:
    secrets = SecretKeys([SECRET])
    tokens = RefreshTokens(stage.store, stage.sessions, secrets, stage.clock)
    return Exchange(stage.store, stage.sessions, tokens, Vault(secrets, stage.clock), stage.clock)


async def minted(
    stage: Stage, profile: UserProfile, *, challenge: str | None = None, asked: ForApplication = ASKED, **origin: Any
) -> str:
    """A code, as the callback makes one for an application."""
    sign_in = a_sign_in(code_challenge=challenge, application=asked, redeemer=asked.client_id, surface="face")
    async with stage.store.transaction() as c:
        return await stage.hand_off.mint(c, found_as(profile), an_origin(profile, **origin), sign_in, None)


def asking(code: str, **changes: Any) -> ExchangeCode:
    request = ExchangeCode(
        unverified_code=code,
        unverified_verifier=None,
        unverified_redirect_uri=None,
        application=DEMO,
        confidential=True,
        surface="face",
    )
    return replace(request, **changes)


async def refused(stage: Stage, request: ExchangeCode) -> str:
    with pytest.raises(GrantRefused) as refusal:
        await an_exchange(stage).for_session(request)
    return refusal.value.code


async def test_code_of_an_emulators_sign_in_is_honoured_only_while_an_emulator_may_stand_in(store: Store) -> None:
    emulated = await a_stage(store, emulated=("microsoft",))
    alice = await a_member(store)
    code = await minted(emulated, alice, emulator=True)
    real = await a_stage(store)
    assert await refused(real, asking(code)) == "invalid_grant"
    made = await an_exchange(emulated).for_session(asking(code))
    assert made.session.emulator


async def test_code_of_somebody_who_is_locked_meanwhile_gets_nothing(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    await Users(stage.store, stage.clock).lock(alice.user.id)
    assert await refused(stage, asking(code)) == "invalid_grant"
    assert await stage.sessions.list_of(alice.user.id) == []


async def test_code_without_a_challenge_takes_the_secret_whatever_the_face_let_pass(
    stage: Stage, alice: UserProfile
) -> None:
    code = await minted(stage, alice)
    assert await refused(stage, asking(code, confidential=False)) == "invalid_client"
    challenged = await minted(stage, alice, challenge=pkce.challenge(VERIFIER))
    assert await refused(stage, asking(challenged)) == "invalid_request"
    await an_exchange(stage).for_session(asking(challenged, unverified_verifier=VERIFIER, confidential=False))


async def test_wrong_verifier_leaves_the_code_to_its_owner_and_five_do_not(stage: Stage, alice: UserProfile) -> None:
    for wrong, is_left in ((MOST_FAILURES - 1, True), (MOST_FAILURES, False)):
        code = await minted(stage, alice, challenge=pkce.challenge(VERIFIER))
        for _ in range(wrong):
            assert await refused(stage, asking(code, unverified_verifier="w" * 43)) == "invalid_grant"
        if is_left:
            await an_exchange(stage).for_session(asking(code, unverified_verifier=VERIFIER))
        else:
            assert await refused(stage, asking(code, unverified_verifier=VERIFIER)) == "invalid_grant"


async def test_code_is_for_one_application_one_interface_and_a_minute(stage: Stage, alice: UserProfile) -> None:
    code = await minted(stage, alice)
    other = replace(DEMO, client_id="client_other")
    assert await refused(stage, asking(code, application=other)) == "invalid_grant"
    with pytest.raises(GrantRefused):
        await an_exchange(stage).for_profile(asking(code))
    stage.clock.advance(CODE_SECONDS)
    assert await refused(stage, asking(code)) == "invalid_grant"


async def test_of_many_who_exchange_one_code_at_once_one_gets_the_session(replicas: Sequence[Store]) -> None:
    stages = [await a_stage(each) for each in replicas]
    alice = await a_member(replicas[0])
    code = await minted(stages[0], alice)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(
            *(an_exchange(stages[number % 2]).for_session(asking(code)) for number in range(12)),
            return_exceptions=True,
        )
    assert sum(isinstance(each, NewSession) for each in answers) == 1
    assert sum(isinstance(each, GrantRefused) for each in answers) == 11
    assert len(await stages[0].sessions.list_of(alice.user.id)) == 1


async def test_page_that_signs_somebody_in_ends_no_session_of_another_application(
    stage: Stage, alice: UserProfile
) -> None:
    """A sibling host may have planted the cookie: it holds what it likes."""
    session, token = await Renewing(stage).begun(alice)
    other = replace(DEMO, client_id="client_other")
    code = await minted(stage, alice, asked=replace(ASKED, client_id=other.client_id))
    await an_exchange(stage).for_session(asking(code, application=other, carried=frozenset({token, "forged"})))
    assert await Renewing(stage).is_alive(session)

    own = await minted(stage, alice)
    await an_exchange(stage).for_session(asking(own, carried=frozenset({token})))
    assert not await Renewing(stage).is_alive(session)
