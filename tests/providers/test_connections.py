"""Providers of organizations' own connections, against the emulator: whom they let in, and how long they are kept."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import TypeAdapter

from broker.config.sections.third_party import ThirdPartySection
from broker.errors import ConfigError, IdentityRefused
from broker.models.organizations import OrganizationConnection
from broker.providers.connections import MOST_KEPT, UNUSED_SECONDS, ConnectionBuilder, Pool
from broker.providers.registry import setting_of
from tests.peers.microsoft import MicrosoftPeer
from tests.providers.stage import PUBLIC_URL, TestClock, microsoft_section, sign_in_at_microsoft
from tests.store.rows import an_id
from tests.store.test_organizations import a_connection, an_organization

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
OWN = "0b1e0000-0000-4000-8000-000000000001"
SECRET = "emulator-secret"
_SECTION = TypeAdapter(ThirdPartySection)
_ORGANIZATION = an_organization()


def connection(**changes: Any) -> OrganizationConnection:
    """By the environment's registration, in Alder's directory."""
    given = {"tenant": ALDER, "provider_client_id": None, "sealed_secret": None, "domains": ()}
    return a_connection(_ORGANIZATION, **(given | changes))


def builder(section: dict[str, Any], *, pool: Pool, emulator_url: str | None = None) -> ConnectionBuilder:
    third_party = _SECTION.validate_python({"error_redirect_url": "http://localhost:8888/"} | section)
    setting = setting_of(third_party, public_url=PUBLIC_URL, clock=pool.clock)
    return ConnectionBuilder(third_party.providers.microsoft, setting=setting, emulator_url=emulator_url, pool=pool)


@asynccontextmanager
async def a_pool() -> AsyncIterator[Pool]:
    pool = Pool(clock=TestClock())
    yield pool
    await pool.close()


@pytest.mark.parametrize("tenant", [ALDER, "alder.example"])
async def test_the_environments_registration_lets_in_one_directory_and_nobody_else(
    microsoft_emulator: MicrosoftPeer, tenant: str
) -> None:
    async with a_pool() as pool:
        made = builder(microsoft_section(microsoft_emulator.base_url), pool=pool)
        provider = await made.provider(connection(tenant=tenant), None)
        alice = await sign_in_at_microsoft(provider, "alice")
        assert (alice.provider, alice.tenant) == ("microsoft", ALDER)
        with pytest.raises(AssertionError):  # a page of Microsoft says that the account is not in the directory
            await sign_in_at_microsoft(provider, "mallory")


async def test_a_registration_of_its_own_finds_the_same_person_as_the_environments(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    async with a_pool() as pool:
        made = builder(microsoft_section(microsoft_emulator.base_url), pool=pool)
        theirs = await made.provider(connection(provider_client_id=ALDER_ONLY), SECRET)
        ours = await made.provider(connection(), None)
        by_theirs, by_ours = await sign_in_at_microsoft(theirs, "alice"), await sign_in_at_microsoft(ours, "alice")
    assert by_theirs.provider_client_id == ALDER_ONLY != by_ours.provider_client_id
    assert by_theirs.subject_key == by_ours.subject_key
    assert by_theirs.provider == by_ours.provider == "microsoft"


async def test_the_emulator_stands_in_for_the_environments_registration_alone(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    async with a_pool() as pool:
        section: dict[str, Any] = {"providers": {"microsoft": {}}}
        made = builder(section, pool=pool, emulator_url=microsoft_emulator.base_url)
        ours = await made.provider(connection(), None)
        assert (await sign_in_at_microsoft(ours, "alice")).emulator
        theirs = await made.provider(connection(provider_client_id=OWN), "an own secret")
        assert not theirs.emulator
        assert theirs.registration != ours.registration
        [mistake] = made.complaints(connection(provider_client_id=ALDER_ONLY), SECRET)
        assert "emulator" in mistake.message


async def test_whom_the_operator_denies_comes_in_by_no_connection(microsoft_emulator: MicrosoftPeer) -> None:
    section = microsoft_section(microsoft_emulator.base_url, tenants={"deny": [ALDER]})
    async with a_pool() as pool:
        made = builder(section, pool=pool)
        for each, secret in ((connection(), None), (connection(provider_client_id=ALDER_ONLY), SECRET)):
            provider = await made.provider(each, secret)
            with pytest.raises(IdentityRefused):
                await sign_in_at_microsoft(provider, "alice")


async def test_the_operators_list_is_for_their_own_registration(microsoft_emulator: MicrosoftPeer) -> None:
    section = microsoft_section(microsoft_emulator.base_url, tenants={"allow": [BIRCH]})
    async with a_pool() as pool:
        made = builder(section, pool=pool)
        with pytest.raises(IdentityRefused):
            await sign_in_at_microsoft(await made.provider(connection(), None), "alice")
        theirs = await made.provider(connection(provider_client_id=ALDER_ONLY), SECRET)
        assert (await sign_in_at_microsoft(theirs, "alice")).tenant == ALDER


@pytest.mark.parametrize(
    ("changes", "secret", "keys"),
    [
        ({}, None, []),
        ({"tenant": "common"}, None, ["tenant"]),
        ({"tenant": "consumers"}, None, ["tenant"]),
        ({"cloud": "usgov"}, None, ["cloud"]),
        ({"tenant": "no tenant"}, None, ["tenant"]),
        ({"tenant": "../common"}, None, ["tenant"]),
        ({"provider_client_id": OWN, "tenant": "common"}, "its own", []),
        ({"provider_client_id": OWN}, None, ["secret"]),
        ({"provider_client_id": OWN}, OWN, ["secret"]),
        ({"provider_client_id": "no-guid"}, "its own", ["tenant"]),
        ({"provider_client_id": OWN, "tenant": "consumers", "cloud": "china"}, "its own", ["tenant"]),
        ({"provider_client_id": ALDER_ONLY}, "its own", ["client_id"]),
        ({"provider_client_id": OWN}, SECRET, ["client_id"]),
    ],
)
def test_what_could_sign_nobody_in_or_anybody_is_named(
    changes: dict[str, Any], secret: str | None, keys: Sequence[str]
) -> None:
    registration = {"client_id": "aaaa0000-0000-4000-8000-000000000001", "secret": "of the environment"}
    made = builder({"providers": {"microsoft": registration}}, pool=Pool(clock=TestClock()))
    assert [each.key for each in made.complaints(connection(**changes), secret)] == list(keys)


def test_without_a_registration_of_the_environment_a_connection_needs_its_own() -> None:
    made = builder({"providers": {"microsoft": {"enabled": False}}}, pool=Pool(clock=TestClock()))
    assert [each.key for each in made.complaints(connection(), None)] == ["client_id"]
    assert not list(made.complaints(connection(provider_client_id=OWN), "its own"))


async def test_a_connection_that_no_configuration_fits_any_more_is_no_provider() -> None:
    async with a_pool() as pool:
        made = builder({"providers": {"microsoft": {"enabled": False}}}, pool=pool)
        with pytest.raises(ConfigError):
            await made.provider(connection(), None)
        with pytest.raises(ConfigError):
            await made.provider(connection(tenant="no tenant"), None)


async def test_what_did_not_change_is_built_once_and_what_did_is_kept_for_sign_ins_under_way(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    async with a_pool() as pool:
        mine = connection()
        before = builder(microsoft_section(microsoft_emulator.base_url), pool=pool)
        first = await before.provider(mine, None)
        assert await before.provider(mine, None) is first
        after = builder(microsoft_section(microsoft_emulator.base_url, prompt="login"), pool=pool)
        second = await after.provider(mine, None)
        assert second is not first
        assert after.former(mine, second) == (first,)
        assert first.registration == second.registration
        assert await builder(microsoft_section(microsoft_emulator.base_url), pool=pool).provider(mine, None) is first


async def test_another_secret_is_the_same_registration(microsoft_emulator: MicrosoftPeer) -> None:
    async with a_pool() as pool:
        made = builder(microsoft_section(microsoft_emulator.base_url), pool=pool)
        mine = connection(provider_client_id=ALDER_ONLY)
        first, second = await made.provider(mine, SECRET), await made.provider(mine, "emulator-secret-2")
        assert first is not second
        assert first.registration == second.registration


async def test_what_nobody_uses_is_closed(microsoft_emulator: MicrosoftPeer) -> None:
    async with a_pool() as pool:
        clock = pool.clock
        assert isinstance(clock, TestClock)
        made = builder(microsoft_section(microsoft_emulator.base_url), pool=pool)
        idle, busy = connection(), connection()
        first = await made.provider(idle, None)
        await made.provider(busy, None)
        clock.advance(UNUSED_SECONDS / 2 + 1)
        await made.provider(busy, None)
        clock.advance(UNUSED_SECONDS / 2 + 1)
        await made.provider(busy, None)
        assert set(pool.kept) == {busy.id}
        assert await made.provider(idle, None) is not first


async def test_there_is_a_limit_to_how_many_are_kept() -> None:
    class Closed:
        async def close(self) -> None:
            closed.append(self)

    closed: list[Closed] = []
    clock = TestClock()
    pool = Pool(clock=clock)
    for _ in range(MOST_KEPT + 3):
        pool.add(an_id(), "parts", Closed())  # type: ignore[arg-type] # all that a pool does with it is close it
    await pool.close_unused()
    assert not closed
    clock.advance(61)
    await pool.close_unused()
    assert len(closed) == 3
    await pool.close()
    assert len(closed) == MOST_KEPT + 3
