"""People who are signed in are asked about again; whom Microsoft or the operator let go is signed out, nobody else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.grants.recheck import ROUND_SECONDS
from tests.browsers import Browser
from tests.grants.stage import MICROSOFT, Keeper, keeping
from tests.observed import all_rows

EVERY = 4 * 3600
RECHECK: Mapping[str, Any] = {
    f"{MICROSOFT}.return_provider_tokens": False,
    f"{MICROSOFT}.recheck": "4h",
    "session.lifespan": "30d",
}


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with keeping(tmp_path, changes=RECHECK) as one:
        yield one


async def round_of(keeper: Keeper) -> int:
    return await keeper.broker.application.broker.grants.recheck.round()


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/me")).status == 200


async def reasons_of_ends(keeper: Keeper) -> set[str]:
    rows = (await all_rows(keeper.broker.application.broker.store))["audit_entries"]
    known = ("account_disabled", "grant_revoked", "not_admitted")
    return {
        reason
        for row in map(str, rows)
        if "session.ended" in row and "provider" in row
        for reason in known
        if reason in row
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"disabled": True}, "account_disabled"), ({"revoke_sessions": True}, "grant_revoked")],
)
async def test_whom_microsoft_let_go_is_signed_out_with_the_reason_in_the_trail(
    change: dict[str, object], reason: str, asking: Keeper
) -> None:
    await asking.signed_in()
    async with asking.broker.browser() as second, asking.broker.browser() as bobs:
        await asking.signed_in("alice", second)
        await asking.signed_in("bob", bobs)
        await asking.emulator.people("alice", **change)
        asking.later(EVERY)
        assert await round_of(asking) == 2
        assert [await is_signed_in(one) for one in (asking.browser, second, bobs)] == [False, False, True]
    assert await reasons_of_ends(asking) == {reason}


async def test_whom_the_operator_no_longer_admits_is_signed_out(asking: Keeper) -> None:
    await asking.signed_in()
    await asking.broker.reload({**RECHECK, f"{MICROSOFT}.tenants": {"deny": ["a1de0000-0000-4000-8000-000000000001"]}})
    asking.later(EVERY)
    assert await round_of(asking) == 1
    assert not await is_signed_in(asking.browser)
    assert await reasons_of_ends(asking) == {"not_admitted"}


@pytest.mark.parametrize(
    "fault",
    [
        {"aadsts": 50076, "error": "interaction_required"},
        {"aadsts": 53003, "error": "interaction_required"},
        {"aadsts": 70043, "error": "invalid_grant", "suberror": "token_expired"},
        {"aadsts": 65001, "error": "invalid_grant"},
        {"aadsts": 7000222, "error": "invalid_client"},
        {"status": 503},
        {"reset": True},
    ],
    ids=str,
)
async def test_a_further_step_or_an_outage_ends_nothing(fault: dict[str, object], asking: Keeper) -> None:
    await asking.signed_in()
    asking.later(EVERY)
    await asking.emulator.fault("token", **fault)
    assert await round_of(asking) == 1
    assert await is_signed_in(asking.browser)


async def test_person_is_asked_about_once_in_that_time_and_in_no_more(asking: Keeper) -> None:
    await asking.signed_in()
    for passes, asked in ((EVERY // 2, 0), (EVERY // 4, 1), (ROUND_SECONDS, 0), (EVERY, 1), (1, 0)):
        asking.later(passes)
        assert await round_of(asking) == asked


async def test_outage_is_asked_about_again_in_the_next_round(asking: Keeper) -> None:
    await asking.signed_in()
    asking.later(EVERY)
    await asking.emulator.fault("token", status=503)
    for asked in (1, 1, 0):
        assert await round_of(asking) == asked
        asking.later(ROUND_SECONDS)
    assert await is_signed_in(asking.browser)


async def test_throttled_for_asking_again_we_still_sign_people_in(asking: Keeper) -> None:
    await asking.signed_in()
    asking.later(EVERY)
    await asking.emulator.fault("token", status=429, headers={"Retry-After": "600"}, body="Too Many Requests")
    assert await round_of(asking) == 1
    async with asking.broker.browser() as bobs:
        await asking.signed_in("bob", bobs)
    assert await is_signed_in(asking.browser)


async def test_nobody_is_asked_about_who_is_not_signed_in_or_where_it_is_off(asking: Keeper) -> None:
    await asking.signed_in()
    await asking.browser.send("POST", "/logout")
    asking.later(EVERY)
    assert await round_of(asking) == 0
    await asking.signed_in()
    await asking.broker.reload({**RECHECK, f"{MICROSOFT}.recheck": None, f"{MICROSOFT}.return_provider_tokens": True})
    asking.later(EVERY)
    assert await round_of(asking) == 0


async def test_program_that_meets_the_end_first_signs_the_person_out_as_well(tmp_path: Path) -> None:
    changes = {**RECHECK, f"{MICROSOFT}.return_provider_tokens": True}
    async with keeping(tmp_path, changes=changes) as keeper:
        alice = await keeper.signed_in()
        await keeper.emulator.people("alice", disabled=True)
        keeper.later(2 * 3600)
        assert await keeper.refused(alice) == (409, "account_disabled")
        assert not await is_signed_in(keeper.browser)


async def test_without_recheck_a_refusal_ends_no_session(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    await keeper.emulator.people("alice", disabled=True)
    keeper.later(2 * 3600)
    assert await keeper.refused(alice) == (409, "account_disabled")
    assert await is_signed_in(keeper.browser)


async def test_sign_in_while_microsoft_answers_keeps_its_session(asking: Keeper) -> None:
    await asking.signed_in()
    asking.later(EVERY)
    await asking.emulator.fault("token", aadsts=50173, error="invalid_grant", delay=0.4)
    rounds = asyncio.create_task(round_of(asking))
    await asking.until_asked(2)
    await asking.signed_in()
    await rounds
    assert await is_signed_in(asking.browser), "the grant that was refused is not the one that counts now"
