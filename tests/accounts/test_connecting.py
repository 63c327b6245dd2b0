"""A further identity is added for the session that asked, with the code of its flow, once; or nothing changes."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.errors import (
    BrokerError,
    CodeExpired,
    IdentityRefused,
    InvalidRequest,
    LinkingRefused,
    NotAuthenticated,
    NotFound,
)
from broker.models.identities import ProviderTokens
from broker.protocol import pkce
from broker.store import pending_identities, sessions, users
from broker.store.base import Store
from tests.accounts.connections import Account, an_account, another
from tests.accounts.people import a_person, an_emulated, by_upn, proven
from tests.accounts.provisioning import everything, people_in, provisioned, trail
from tests.store.rows import NOW

VERIFIER = "Ab" * 32
TOKENS = ProviderTokens(
    access_token="very-secret-access", refresh_token="very-secret-refresh", scopes=(), expires_at=NOW
)


@pytest.fixture
async def alice(store: Store) -> Account:
    return await an_account(store, a_person("alice", proven()))


@pytest.fixture
async def mallory(store: Store) -> Account:
    return await an_account(store, a_person("mallory", by_upn("mallory@birch.example")))


async def refused(work: Any) -> str:
    with pytest.raises(BrokerError) as caught:
        await work
    return caught.value.code


async def waiting(store: Store) -> list[dict[str, Any]]:
    """The rows of identities that wait."""
    async with store.read() as c:
        return [dict(row) for row in await c.fetch_all("SELECT * FROM pending_identities")]


async def test_identity_is_added_with_its_code_and_signs_in_to_the_account_from_then_on(alice: Account) -> None:
    person = another("alice", proven("alice@other.example"))
    await alice.connect(await alice.code_for(person))
    profile = await alice.now()
    assert {each.provider for each in profile.identities} == {"microsoft", "custom_other"}
    addresses = {each.address: each.is_primary for each in profile.emails}
    assert addresses == {"alice@alder.example": True, "alice@other.example": False}
    again = await provisioned(alice.store, person)
    assert (again.created, again.profile.user.id) == (False, alice.profile.user.id)
    assert await alice.living() == {alice.session.id}


async def test_adding_is_in_the_trail_once_with_provider_and_identity(alice: Account) -> None:
    await alice.connect(await alice.code_for(another()))
    (entry,) = [each for each in await trail(alice.store) if each.type == "identity.linked"]
    assert (entry.user_id, entry.actor, entry.detail) == (alice.profile.user.id, "user", {"provider": "custom_other"})
    assert entry.identity_id in {each.id for each in (await alice.now()).identities if each.provider == "custom_other"}


async def test_proof_alone_changes_nothing_but_a_row_that_waits(alice: Account) -> None:
    before = await everything(alice.store)
    code = await alice.code_for(another("alice", proven("alice@other.example"), tokens=TOKENS))
    assert await everything(alice.store) == before
    (row,) = await waiting(alice.store)
    assert code not in str(row)
    assert "very-secret" not in str(row), "what the provider handed out is not kept with it"


async def test_code_that_waits_is_swept_after_a_minute(alice: Account) -> None:
    await alice.code_for(another())
    async with alice.store.transaction() as c:
        assert await pending_identities.delete_expired_pending(c, now=NOW + 59) == 0
        assert await pending_identities.delete_expired_pending(c, now=NOW + 60) == 1


async def test_code_is_good_once(alice: Account) -> None:
    code = await alice.code_for(another())
    await alice.connect(code)
    assert await refused(alice.connect(code)) == "not_found"


async def test_of_redemptions_at_once_one_adds_and_the_others_find_nothing(alice: Account) -> None:
    code = await alice.code_for(another())
    answers = await asyncio.gather(*(alice.connect(code) for _ in range(5)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["NoneType", *["NotFound"] * 4]
    assert len((await alice.now()).identities) == 2


async def test_code_is_worth_nothing_a_minute_later(alice: Account) -> None:
    code = await alice.code_for(another())
    alice.clock.advance(60)
    with pytest.raises(CodeExpired):
        await alice.connect(code)
    assert len((await alice.now()).identities) == 1


async def test_stolen_code_adds_nothing_to_the_account_of_whoever_stole_it(alice: Account, mallory: Account) -> None:
    code = await alice.code_for(another())
    with pytest.raises(NotFound):
        await mallory.connect(code)
    assert len((await mallory.now()).identities) == 1
    await alice.connect(code)  # and it is not used up by that


async def test_code_of_an_attackers_flow_adds_nothing_where_its_victim_ends(alice: Account, mallory: Account) -> None:
    """He sent her the address: her identity is proven for his account, in a browser that holds no session of his."""
    code = await mallory.code_for(another("alice", proven("alice@other.example")))
    assert await refused(alice.connect(code)) == "not_found"
    for account in (alice, mallory):
        assert len((await account.now()).identities) == 1


@pytest.mark.parametrize("redeemer", [None, "6f0b2f4e-6a43-4c9e-9f9e-0f3a3c2b1a01"])
async def test_another_flow_of_the_same_person_redeems_nothing(alice: Account, redeemer: str | None) -> None:
    code = await alice.code_for(another())
    with pytest.raises(NotFound):
        await alice.connect(code, redeemer=redeemer)
    assert len((await alice.now()).identities) == 1


async def test_verifier_of_the_start_is_demanded_and_five_wrong_ones_use_the_code_up(alice: Account) -> None:
    code = await alice.code_for(another(), code_challenge=pkce.challenge(VERIFIER))
    for wrong in (None, "Cd" * 32, None, "Cd" * 32):
        with pytest.raises(InvalidRequest):
            await alice.connect(code, unverified_verifier=wrong)
    await alice.connect(code, unverified_verifier=VERIFIER)
    code = await alice.code_for(another(), code_challenge=pkce.challenge(VERIFIER))
    for _ in range(5):
        with pytest.raises(InvalidRequest):
            await alice.connect(code)
    with pytest.raises(NotFound):
        await alice.connect(code, unverified_verifier=VERIFIER)


async def test_identity_of_somebody_else_stays_theirs(alice: Account, mallory: Account) -> None:
    bob = another("bob", by_upn("bob@alder.example"))
    await provisioned(alice.store, bob)
    code = await alice.code_for(bob)
    assert await refused(alice.connect(code)) == "identity_taken"
    assert len(await people_in(alice.store)) == 3
    assert len((await alice.now()).identities) == 1


async def test_identity_that_got_an_account_of_its_own_meanwhile_stays_there(alice: Account) -> None:
    code = await alice.code_for(another("alice"))
    own = (await provisioned(alice.store, another("alice", proven("alice@other.example")))).profile.user.id
    assert await refused(alice.connect(code)) == "identity_taken"
    assert (await provisioned(alice.store, another("alice"))).profile.user.id == own


async def test_identity_that_two_accounts_ask_for_at_once_goes_to_one(alice: Account, mallory: Account) -> None:
    codes = await alice.code_for(another("x")), await mallory.code_for(another("x"))
    answers = await asyncio.gather(alice.connect(codes[0]), mallory.connect(codes[1]), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["LinkingRefused", "NoneType"]
    assert len((await alice.now()).identities) + len((await mallory.now()).identities) == 3


async def test_identity_that_is_theirs_already_is_no_error_and_no_news(alice: Account) -> None:
    person = another()
    await alice.connect(await alice.code_for(person))
    before = await everything(alice.store)
    await alice.connect(await alice.code_for(person))
    after = await everything(alice.store)
    assert after == before


async def test_person_keeps_their_name(alice: Account) -> None:
    await alice.connect(await alice.code_for(replace(another(), name="xX_alice_Xx", given_name="xX")))
    assert ((await alice.now()).user.name, (await alice.now()).user.given_name) == ("Alice", None)


async def test_address_that_another_holds_is_not_adopted(alice: Account, mallory: Account) -> None:
    """Decided as at a sign-in: the identity is added, its address stays whose it is."""
    await mallory.connect(await mallory.code_for(another("mallory", proven("alice@alder.example"))))
    assert [each.address for each in (await mallory.now()).emails] == ["mallory@birch.example"]
    assert [each.address for each in (await alice.now()).emails] == ["alice@alder.example"]
    assert "address.not_adopted" in {each.type for each in await trail(alice.store)}


async def test_session_that_ended_meanwhile_adds_nothing(alice: Account) -> None:
    code = await alice.code_for(another())
    async with alice.store.transaction() as c:
        await sessions.delete_session(c, alice.session.id)
    with pytest.raises(NotAuthenticated):
        await alice.connect(code)
    assert len((await alice.now()).identities) == 1


async def test_locked_user_adds_nothing_with_a_session_that_was_alive_a_moment_ago(alice: Account) -> None:
    code = await alice.code_for(another())
    await Users(alice.store, FrozenClock(NOW)).lock(alice.profile.user.id)
    assert await refused(alice.connect(code)) == "not_authenticated"
    with pytest.raises(IdentityRefused):
        await alice.code_for(another())
    assert len((await alice.now()).identities) == 1


async def test_user_who_is_locked_but_has_a_session_is_refused(alice: Account) -> None:
    code = await alice.code_for(another())
    async with alice.store.transaction() as c:
        await users.set_locked(c, alice.profile.user.id, locked_at=NOW, now=NOW)
    assert await refused(alice.connect(code)) == "account_locked"
    assert len((await alice.now()).identities) == 1


async def test_user_who_is_deleted_takes_along_what_waits(alice: Account) -> None:
    code = await alice.code_for(another())
    await Users(alice.store, FrozenClock(NOW)).delete(alice.profile.user.id)
    assert await waiting(alice.store) == []
    assert await refused(alice.connect(code)) == "not_found"
    assert await people_in(alice.store) == []
    with pytest.raises(LinkingRefused):
        await alice.code_for(another())


async def test_known_identity_with_another_subject_is_not_believed(alice: Account) -> None:
    await alice.connect(await alice.code_for(another()))
    forged = another(subject="somebody-else")
    assert await refused(alice.connect(await alice.code_for(forged))) == "invalid_response"


async def test_what_an_emulator_brings_along_blocks_no_real_person(alice: Account) -> None:
    """Only in staging on loopback; but such a database may live longer than that."""
    await alice.connect(await alice.code_for(an_emulated("alice", proven("bob@alder.example"))))
    assert {each.address for each in (await alice.now()).emails} == {"alice@alder.example", "bob@alder.example"}
    bob = (await provisioned(alice.store, a_person("bob", by_upn("bob@alder.example")))).profile
    assert [each.address for each in bob.emails] == ["bob@alder.example"]
    assert [each.address for each in (await alice.now()).emails] == ["alice@alder.example"]
