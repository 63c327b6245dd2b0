"""A domain that configuration names stands for the directory of before, until the operator says otherwise."""

import pytest

from broker.errors import ProviderDenied, StoreUnavailable
from broker.providers.directory_memory import ProcessMemory
from tests.peers.microsoft import MicrosoftPeer
from tests.providers.stage import a_request, microsoft_section, sign_in_at_microsoft, staged

ALDER, BIRCH = "a1de0000-0000-4000-8000-000000000001", "b12c0000-0000-4000-8000-000000000002"
KEY = ("microsoft", "custom:localhost", "alder.example")
BY_DOMAIN = {"tenant": "alder.example"}


async def test_the_guid_is_kept_from_the_first_person_and_not_before(microsoft_emulator: MicrosoftPeer) -> None:
    memory = ProcessMemory()
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        await stage.provider.authorization_url(a_request())
        await microsoft_emulator.claims(set={"nonce": "another"})
        with pytest.raises(Exception, match="nonce"):
            await sign_in_at_microsoft(stage.provider, "alice")
        assert memory.guids == {}
        await sign_in_at_microsoft(stage.provider, "alice")
    assert memory.guids == {KEY: ALDER}


async def test_another_directory_is_refused_and_named_to_the_operator(microsoft_emulator: MicrosoftPeer) -> None:
    memory = ProcessMemory()
    memory.guids[KEY] = BIRCH
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await stage.provider.authorization_url(a_request())
    assert caught.value.code == "provider_misconfigured"
    for named in ("microsoft.tenant", "alder.example", ALDER, BIRCH):
        assert named in caught.value.detail
    assert "broker doctor --accept" in caught.value.remedy
    assert (memory.guids, memory.changes) == ({KEY: BIRCH}, {KEY: ALDER})


async def test_the_faster_of_two_replicas_that_met_two_directories_decides_for_both(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    class AnotherWasFaster(ProcessMemory):
        async def keep(self, *, provider: str, cloud: str, domain: str, guid: str) -> str:
            self.guids[KEY] = BIRCH
            return await super().keep(provider=provider, cloud=cloud, domain=domain, guid=guid)

    memory = AnotherWasFaster()
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        with pytest.raises(ProviderDenied) as caught:
            await sign_in_at_microsoft(stage.provider, "alice")
    assert caught.value.code == "provider_misconfigured"
    assert memory.changes == {KEY: ALDER}


async def test_a_running_server_follows_the_operator(microsoft_emulator: MicrosoftPeer) -> None:
    memory = ProcessMemory()
    memory.guids[KEY] = BIRCH
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        with pytest.raises(ProviderDenied):
            await stage.provider.authorization_url(a_request())
        memory.guids[KEY] = ALDER
        assert (await sign_in_at_microsoft(stage.provider, "alice")).tenant == ALDER


async def test_a_copy_from_before_an_accepted_change_is_fetched_again(microsoft_emulator: MicrosoftPeer) -> None:
    """What the operator accepted is what Microsoft says now, not what we still have in hand from an hour ago."""
    memory = ProcessMemory()
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        await sign_in_at_microsoft(stage.provider, "alice")
        memory.guids[KEY] = BIRCH
        before = (await microsoft_emulator.counters())["discovery"]
        await sign_in_at_microsoft(stage.provider, "alice")
        stage.clock.advance(60)
        with pytest.raises(ProviderDenied):
            await stage.provider.authorization_url(a_request())
        assert (await microsoft_emulator.counters())["discovery"] == before + 1
        with pytest.raises(ProviderDenied):
            await stage.provider.authorization_url(a_request())
        assert (await microsoft_emulator.counters())["discovery"] == before + 1


async def test_a_start_needs_no_store_for_what_is_known(microsoft_emulator: MicrosoftPeer) -> None:
    class Gone(ProcessMemory):
        is_gone = False

        async def kept(self, *, provider: str, cloud: str, domain: str) -> str | None:
            if self.is_gone:
                raise StoreUnavailable("gone")
            return await super().kept(provider=provider, cloud=cloud, domain=domain)

    memory = Gone()
    async with staged(microsoft_section(microsoft_emulator.base_url, **BY_DOMAIN), directories=memory) as stage:
        await sign_in_at_microsoft(stage.provider, "alice")
        memory.is_gone = True
        stage.clock.advance(120)
        assert await stage.provider.authorization_url(a_request())


async def test_a_list_means_the_directory_of_before_and_the_operator_hears_of_the_change(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    """Whoever registers a domain that we list, once its owner let it lapse, is not on the list."""
    memory = ProcessMemory()
    memory.guids[KEY] = BIRCH
    section = microsoft_section(microsoft_emulator.base_url, tenants={"allow": ["alder.example"]})
    async with staged(section, directories=memory) as stage:
        with pytest.raises(Exception, match="tenant_not_allowed"):
            await sign_in_at_microsoft(stage.provider, "alice")
        assert (await sign_in_at_microsoft(stage.provider, "mallory")).tenant == BIRCH
        assert memory.changes == {KEY: ALDER}
        memory.guids[KEY] = ALDER
        stage.clock.advance(60)
        assert (await sign_in_at_microsoft(stage.provider, "alice")).tenant == ALDER
        with pytest.raises(Exception, match="tenant_not_allowed"):
            await sign_in_at_microsoft(stage.provider, "mallory")


async def test_a_denied_domain_that_changed_hands_denies_both(microsoft_emulator: MicrosoftPeer) -> None:
    memory = ProcessMemory()
    memory.guids[KEY] = BIRCH
    section = microsoft_section(microsoft_emulator.base_url, tenants={"deny": ["alder.example"]})
    async with staged(section, directories=memory) as stage:
        for person in ("alice", "mallory"):
            with pytest.raises(Exception, match="tenant_not_allowed"):
                await sign_in_at_microsoft(stage.provider, person)


async def test_a_listed_domain_that_is_known_needs_no_lookup(microsoft_emulator: MicrosoftPeer) -> None:
    memory = ProcessMemory()
    section = microsoft_section(microsoft_emulator.base_url, tenants={"allow": ["alder.example"]})
    async with staged(section, directories=memory) as stage:
        await sign_in_at_microsoft(stage.provider, "alice")
        assert memory.guids == {KEY: ALDER}
        stage.clock.advance(7200)
        await microsoft_emulator.fault("discovery", status=503, times=2)
        await sign_in_at_microsoft(stage.provider, "alice")
    assert memory.changes == {}
