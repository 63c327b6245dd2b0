"""One person and several directories: who is the same to us, who is another, and what an operator may change."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Page
from tests.stage import Stage, staged

ALDER, BIRCH = "a1de0000-0000-4000-8000-000000000001", "b12c0000-0000-4000-8000-000000000002"
MICROSOFT = "third_party.providers.microsoft"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as one:
        yield one


async def with_microsoft(stage: Stage, **members: Any) -> None:
    await stage.broker.reload({MICROSOFT: members})


async def users(broker: RunningBroker) -> Mapping[str, int]:
    async with broker.application.broker.store.read() as c:
        counts = [await c.fetch_one(f"SELECT count(*) AS n FROM {name}") for name in ("users", "identities")]  # noqa: S608
    return {name: row["n"] for name, row in zip(("users", "identities"), counts, strict=True) if row is not None}


async def signed_in(stage: Stage, person: str) -> str:
    """Whose session it is after this sign-in."""
    async with stage.broker.browser() as browser:
        page: Page = await browser.sign_in(person)
        assert page.query.get("error") is None, page.location
        return str((await browser.get("/me")).text.partition('"id":"')[2].partition('"')[0])


async def refused(stage: Stage, person: str) -> dict[str, str]:
    async with stage.broker.browser() as browser:
        return (await browser.sign_in(person)).query


async def test_from_common_to_one_tenant_everybody_of_it_keeps_their_account(stage: Stage) -> None:
    """The key of an account has nothing in it of how it was asked for: cloud, tid and oid are the same."""
    alice, mallory = await signed_in(stage, "alice"), await signed_in(stage, "mallory")
    for tenant in (ALDER, "alder.example", "organizations", "common"):
        await with_microsoft(stage, tenant=tenant)
        assert await signed_in(stage, "alice") == alice
    assert await signed_in(stage, "mallory") == mallory
    assert await users(stage.broker) == {"users": 2, "identities": 2}


async def test_through_common_a_guest_is_who_they_are_at_home(stage: Stage) -> None:
    await with_microsoft(stage, tenant="common", tenants={"allow": [ALDER]})
    told = await refused(stage, "frank")
    assert (told["error"], len(told["error_reference"])) == ("tenant_not_allowed", 10)
    assert await users(stage.broker) == {"users": 0, "identities": 0}


async def test_guest_of_another_directory_is_another_identity_that_does_not_take_the_address(stage: Stage) -> None:
    at_home = await signed_in(stage, "frank")
    await with_microsoft(stage, tenant=ALDER)
    assert (await refused(stage, "frank"))["error"] == "user_conflict"
    assert await users(stage.broker) == {"users": 1, "identities": 1}
    await with_microsoft(stage, tenant="common")
    assert await signed_in(stage, "frank") == at_home


async def test_guest_whose_address_both_directories_proved_is_joined_where_configured(stage: Stage) -> None:
    at_home = await signed_in(stage, "frank")
    await with_microsoft(stage, tenant=ALDER, linking="verified_both")
    assert await signed_in(stage, "frank") == at_home
    assert await users(stage.broker) == {"users": 1, "identities": 2}


async def test_guest_whose_address_nobody_proved_here_is_joined_to_nobody(stage: Stage) -> None:
    await signed_in(stage, "frank")
    await stage.emulator.claims(set={"xms_edov": False})
    await with_microsoft(stage, tenant=ALDER, linking="verified_both")
    assert (await refused(stage, "frank"))["error"] == "unverified_email"
    assert await users(stage.broker) == {"users": 1, "identities": 1}


async def test_guests_are_refused_where_the_operator_wants_members_only(stage: Stage) -> None:
    await with_microsoft(stage, tenant=ALDER, tenants={"guests": False})
    assert (await refused(stage, "frank"))["error"] == "wrong_account_type"
    await signed_in(stage, "alice")


async def test_custom_signing_keys_are_found_where_the_application_names_itself(stage: Stage) -> None:
    await stage.emulator.keys("own", client_id="c11e0000-0000-4000-8000-00000000000c")
    assert (await refused(stage, "alice"))["error"] == "invalid_response"
    await with_microsoft(stage, custom_signing_keys=True)
    await signed_in(stage, "alice")


@pytest.mark.parametrize("claims", [{"email": None}, {"email": "someone@new.example"}])
async def test_a_change_of_address_at_microsoft_takes_nothing_over(stage: Stage, claims: dict[str, Any]) -> None:
    """A directory may write anything into `email`: known people stay who they are, and nobody else's address comes."""
    alice = await signed_in(stage, "alice")
    dave = await signed_in(stage, "dave")
    await stage.emulator.claims(set={"email": "alice@alder.example", "xms_edov": "1"})
    assert await signed_in(stage, "dave") == dave
    assert await signed_in(stage, "alice") == alice
    await stage.emulator.claims(set={name: value for name, value in claims.items() if value}, remove=["xms_edov"])
    assert await signed_in(stage, "alice") == alice


async def test_approval_by_an_administrator_signs_nobody_in_and_admits_nobody(stage: Stage) -> None:
    start = await stage.victim.start()
    state = start.query["state"]
    consent = f"/thirdparty/callback?admin_consent=True&tenant={BIRCH}&state={state}&scope=openid"
    page = await stage.victim.get(consent)
    assert (page.query["error"], page.query["error_description"]) == (
        "interaction_required",
        "The app was approved for your organisation. Now sign in.",
    )
    assert not [cookie for cookie in page.set_cookies if cookie.startswith("hanko=")]
    assert (await stage.attacker.get(consent)).query["error"] == "sign_in_expired"
    stranger = await stage.victim.get(f"/thirdparty/callback?admin_consent=True&tenant={BIRCH}")
    assert stranger.query["error"] == "invalid_request"
    assert await stage.written() == {}
