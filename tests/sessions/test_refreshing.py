"""Refresh tokens: renewed once each, by tabs that race and tries that repeat, and the end of whatever was copied."""

import asyncio
from dataclasses import replace

import pytest

from broker.accounts.users import Users
from broker.crypto import SecretKeys, token_hash
from broker.errors import GrantRefused
from broker.models.users import UserProfile
from broker.sessions.refreshing import GRACE_SECONDS, REPEAT_SECONDS
from broker.store import audit, users
from broker.store.base import Store
from tests.sessions.renewing import CLIENT, Renewing
from tests.sessions.stage import LIMITS, OTHER_SECRET, SECRET, Stage, a_stage
from tests.store.rows import NOW


@pytest.fixture
def renewing(stage: Stage) -> Renewing:
    return Renewing(stage)


async def test_each_renewal_brings_the_same_session_its_person_and_another_token(
    renewing: Renewing, alice: UserProfile
) -> None:
    session, token = await renewing.begun(alice)
    seen = {token}
    for _ in range(3):
        renewing.stage.clock.advance(300)
        answer = await renewing.renewed(token)
        assert (answer.session.id, answer.profile) == (session.id, alice)
        token = answer.refresh_token
        assert token not in seen
        seen.add(token)


async def test_a_renewal_counts_as_use_of_the_session_and_does_not_prolong_it(store: Store, alice: UserProfile) -> None:
    renewing = Renewing(await a_stage(store, limits=replace(LIMITS, idle_timeout=600)))
    _, token = await renewing.begun(alice)
    for _ in range(3):
        renewing.stage.clock.advance(590)
        token = await renewing.successor(token)
    renewing.stage.clock.advance(600)
    with pytest.raises(GrantRefused, match="ended"):
        await renewing.renewed(token)
    renewing = Renewing(await a_stage(store))
    _, token = await renewing.begun(alice)
    renewing.stage.clock.advance(LIMITS.lifespan - 1)
    token = await renewing.successor(token)
    renewing.stage.clock.advance(1)
    with pytest.raises(GrantRefused, match="ended"):
        await renewing.renewed(token)


async def test_a_repeat_within_ten_seconds_brings_the_same_successor(renewing: Renewing, alice: UserProfile) -> None:
    session, first = await renewing.begun(alice)
    second = await renewing.successor(first)
    renewing.stage.clock.advance(GRACE_SECONDS)
    assert await renewing.successor(first) == second
    assert await renewing.successor(second) not in (first, second)
    assert await renewing.is_alive(session)


async def test_a_used_token_that_comes_a_second_later_than_that_ends_the_session(
    renewing: Renewing, alice: UserProfile
) -> None:
    session, first = await renewing.begun(alice)
    second = await renewing.successor(first)
    renewing.stage.clock.advance(GRACE_SECONDS + 1)
    with pytest.raises(GrantRefused, match="already exchanged") as refused:
        await renewing.renewed(first)
    assert refused.value.security == "refresh_reuse"
    assert not await renewing.is_alive(session)
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(second)


async def test_a_used_token_that_comes_after_its_successor_was_used_ends_the_session_at_once(
    renewing: Renewing, alice: UserProfile
) -> None:
    session, first = await renewing.begun(alice)
    third = await renewing.successor(await renewing.successor(first))
    with pytest.raises(GrantRefused, match="already exchanged"):
        await renewing.renewed(first)
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(third)
    assert not await renewing.is_alive(session)


async def test_the_end_of_a_family_is_in_the_trail_with_who_asked(renewing: Renewing, alice: UserProfile) -> None:
    session, first = await renewing.begun(alice)
    other, _ = await renewing.begun(alice)
    await renewing.renewed(first)
    renewing.stage.clock.advance(60)
    with pytest.raises(GrantRefused):
        await renewing.renewed(first)
    async with renewing.stage.store.read() as c:
        ended, reused = (await audit.entries(c))[:2]
    assert (reused.type, reused.session_id, reused.user_id) == ("refresh_token.reused", session.id, alice.user.id)
    assert (reused.ip_address, reused.user_agent, reused.request_id) == ("192.0.2.9", "Firefox", "r-1")
    assert reused.detail == {"application": CLIENT}
    assert (ended.type, ended.session_id, ended.detail) == ("session.ended", session.id, {"reason": "refresh_reuse"})
    assert await renewing.is_alive(other)


async def test_the_same_request_may_be_tried_again_for_a_minute(renewing: Renewing, alice: UserProfile) -> None:
    _, first = await renewing.begun(alice)
    second = (await renewing.renewed(first, request_name="try-1")).refresh_token
    renewing.stage.clock.advance(REPEAT_SECONDS)
    assert (await renewing.renewed(first, request_name="try-1")).refresh_token == second
    renewing.stage.clock.advance(1)
    with pytest.raises(GrantRefused, match="already exchanged"):
        await renewing.renewed(first, request_name="try-1")


@pytest.mark.parametrize("name", [None, "try-2", ""])
async def test_another_request_by_another_name_is_no_repeat(
    renewing: Renewing, alice: UserProfile, name: str | None
) -> None:
    _, first = await renewing.begun(alice)
    await renewing.renewed(first, request_name="try-1")
    renewing.stage.clock.advance(GRACE_SECONDS + 1)
    with pytest.raises(GrantRefused, match="already exchanged"):
        await renewing.renewed(first, request_name=name)


async def test_a_request_without_a_name_is_repeated_by_nobody(renewing: Renewing, alice: UserProfile) -> None:
    _, first = await renewing.begun(alice)
    await renewing.renewed(first)
    renewing.stage.clock.advance(GRACE_SECONDS + 1)
    with pytest.raises(GrantRefused, match="already exchanged"):
        await renewing.renewed(first)


async def test_another_application_renews_nothing_and_ends_nothing(renewing: Renewing, alice: UserProfile) -> None:
    session, first = await renewing.begun(alice)
    for token in (first, await renewing.successor(first)):
        with pytest.raises(GrantRefused, match="unknown"):
            await renewing.renewed(token, client_id="client_other", confidential=True)
    renewing.stage.clock.advance(60)
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(first, client_id="client_other")
    assert await renewing.is_alive(session)


async def test_what_began_with_the_secret_is_renewed_only_with_it(renewing: Renewing, alice: UserProfile) -> None:
    session, token = await renewing.begun(alice, confidential=True)
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(token)
    token = (await renewing.renewed(token, confidential=True)).refresh_token
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(token)
    assert await renewing.is_alive(session)


async def test_what_began_without_the_secret_needs_none_and_minds_none(renewing: Renewing, alice: UserProfile) -> None:
    _, token = await renewing.begun(alice)
    token = (await renewing.renewed(token, confidential=True)).refresh_token
    await renewing.renewed(token)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\ud800", "a" * 100_000, "null", "' OR 1=1 --"])
async def test_what_was_never_a_token_is_unknown(renewing: Renewing, alice: UserProfile, token: str) -> None:
    await renewing.begun(alice)
    with pytest.raises(GrantRefused, match="unknown"):
        await renewing.renewed(token)


async def test_a_session_that_was_revoked_renews_nothing(renewing: Renewing, alice: UserProfile) -> None:
    session, token = await renewing.begun(alice)
    await renewing.stage.sessions.end(session.id, user_id=None, reason="revoked")
    with pytest.raises(GrantRefused):
        await renewing.renewed(token)


async def test_somebody_who_was_locked_renews_nothing_not_even_once_unlocked(
    renewing: Renewing, alice: UserProfile
) -> None:
    _, token = await renewing.begun(alice)
    people = Users(renewing.stage.store, renewing.stage.clock)
    await people.lock(alice.user.id)
    with pytest.raises(GrantRefused):
        await renewing.renewed(token)
    await people.unlock(alice.user.id)
    with pytest.raises(GrantRefused):
        await renewing.renewed(token)


async def test_a_lock_that_left_the_session_alone_renews_nothing(renewing: Renewing, alice: UserProfile) -> None:
    _, token = await renewing.begun(alice)
    async with renewing.stage.store.transaction() as c:
        await users.set_locked(c, alice.user.id, locked_at=NOW, now=NOW)
    with pytest.raises(GrantRefused):
        await renewing.renewed(token)


async def test_an_emulators_session_renews_nothing_where_none_stands_in(store: Store, alice: UserProfile) -> None:
    renewing = Renewing(await a_stage(store, emulated=("microsoft",)))
    _, token = await renewing.begun(alice, emulator=True)
    token = await renewing.successor(token)
    with pytest.raises(GrantRefused):
        await Renewing(await a_stage(store, emulated=())).renewed(token)
    await renewing.renewed(token)


async def test_neither_tokens_nor_the_key_that_derives_them_can_be_read_in_the_database(
    renewing: Renewing, alice: UserProfile
) -> None:
    session, first = await renewing.begun(alice)
    second = (await renewing.renewed(first, request_name="try-1")).refresh_token
    async with renewing.stage.store.read() as c:
        tokens = await c.fetch_all("SELECT * FROM refresh_tokens ORDER BY rotated_at IS NULL")
        families = await c.fetch_all("SELECT * FROM refresh_families")
        trail = await c.fetch_all("SELECT * FROM audit_entries")
    assert [row["token_hash"] for row in tokens] == [token_hash(first), token_hash(second)]
    (family,) = families
    key = SecretKeys([SECRET]).open(
        family["sealed_key"], purpose="refresh_family", place=f"refresh_families:{session.id}"
    )
    everything = str([[*row.values()] for row in (*tokens, *families, *trail)])
    assert not [secret for secret in (first, second, key.decode(), "try-1") if secret in everything]


async def test_a_familys_key_is_of_no_use_in_another_row(renewing: Renewing, alice: UserProfile) -> None:
    (_, first), (_, other) = await renewing.begun(alice), await renewing.begun(alice)
    async with renewing.stage.store.transaction() as c:
        await c.execute("UPDATE refresh_families SET sealed_key = (SELECT min(sealed_key) FROM refresh_families)")
    answers = await asyncio.gather(renewing.renewed(first), renewing.renewed(other), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["GrantRefused", "Refreshed"]


async def test_a_secret_can_be_taken_out_once_its_sessions_were_renewed_under_the_next(
    store: Store, alice: UserProfile
) -> None:
    old, both, new = ([SECRET], [OTHER_SECRET, SECRET], [OTHER_SECRET])
    _, first = await Renewing(await a_stage(store), SecretKeys(old)).begun(alice)
    _, asleep = await Renewing(await a_stage(store), SecretKeys(old)).begun(alice)
    overlapping = Renewing(await a_stage(store), SecretKeys(both))
    second = await overlapping.successor(first)
    assert await Renewing(await a_stage(store), SecretKeys(old + new)).successor(first) == second
    later = Renewing(await a_stage(store), SecretKeys(new))
    await later.renewed(second)
    with pytest.raises(GrantRefused) as refused:
        await later.renewed(asleep)
    assert "secrets.keys" in refused.value.remedy


async def test_page_that_renews_without_end_does_not_pile_up_used_tokens(stage: Stage, alice: UserProfile) -> None:
    renewing = Renewing(stage, most_used=3)
    _, token = await renewing.begun(alice)
    used = [token]
    while len(used) < 10_000 and await renewing.tokens.is_known(used[0]):
        used.append(await renewing.successor(used[-1]))
        stage.clock.advance(1)
    assert [await renewing.tokens.is_known(each) for each in used[-4:]] == [True] * 4
    assert not await renewing.tokens.is_known(used[-5])
