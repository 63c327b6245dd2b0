"""A provider that is down, comes back, changes its keys; and people who invent key names."""

import asyncio
import json

import pytest

from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.providers.metadata import FRESH_SECONDS, USABLE_SECONDS
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.peers.oidc import DISCOVERY, OidcPeer, jwk
from tests.peers.raw_http import Reply
from tests.providers.parties import Peer, peer_section, sign_in
from tests.providers.stage import a_request, microsoft_section, sign_in_at_microsoft, staged

STALE = FRESH_SECONDS * 1.2


async def test_a_provider_that_is_down_at_the_start_stops_nobody_and_serves_once_it_is_up(oidc_peer: OidcPeer) -> None:
    section = {
        "providers": microsoft_section("http://localhost:1")["providers"],
        "custom_providers": {"peer": peer_section(oidc_peer)},
    }
    await oidc_peer.stop()
    async with staged(section) as stage:
        assert set(stage.providers) == {"microsoft", "custom_peer"}
        for provider in stage.providers.values():
            with pytest.raises(UpstreamUnavailable):
                await provider.authorization_url(a_request())
        await oidc_peer.start()
        identity = await sign_in(stage.providers["custom_peer"], Peer(oidc_peer))
        with pytest.raises(UpstreamUnavailable):
            await stage.providers["microsoft"].authorization_url(a_request())
    assert identity.provider == "custom_peer"


async def test_an_emulator_that_starts_after_us_serves_once_it_is_up() -> None:
    async with running_microsoft() as peer:
        base_url = peer.base_url
    port = int(base_url.rpartition(":")[2])
    async with staged(microsoft_section(base_url)) as stage:
        with pytest.raises(UpstreamUnavailable):
            await stage.provider.authorization_url(a_request())
        async with running_microsoft(port=port):
            await sign_in_at_microsoft(stage.provider, "alice")


async def test_while_a_provider_is_down_its_last_documents_serve_for_a_day(oidc_peer: OidcPeer) -> None:
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
        await oidc_peer.stop()
        stage.clock.advance(STALE)
        await stage.provider.authorization_url(a_request())
        assert stage.watch.stale == [("custom_peer", "discovery")]
        stage.clock.advance(USABLE_SECONDS - STALE - 60)
        await stage.provider.authorization_url(a_request())
        stage.clock.advance(120)
        with pytest.raises(UpstreamUnavailable):
            await stage.provider.authorization_url(a_request())
        await oidc_peer.start()
        stage.clock.advance(16)
        await sign_in(stage.provider, Peer(oidc_peer))


async def test_stale_documents_carry_whole_sign_ins(oidc_peer: OidcPeer) -> None:
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
        for path in (DISCOVERY, "/keys"):
            oidc_peer.standing[path] = Reply(status=500, body=b"<html>", content_type="text/html")
        stage.clock.advance(STALE)
        await sign_in(stage.provider, Peer(oidc_peer))
        assert set(stage.watch.stale) == {("custom_peer", "discovery"), ("custom_peer", "keys")}
        # And the next one does not ask again at once.
        asked = (oidc_peer.count(DISCOVERY), oidc_peer.count("/keys"))
        await sign_in(stage.provider, Peer(oidc_peer))
        assert (oidc_peer.count(DISCOVERY), oidc_peer.count("/keys")) == asked


@pytest.mark.parametrize(
    "body", [b'{"keys": []}', b"nonsense", b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "first"}]}', b"{}"]
)
async def test_a_key_set_that_is_none_does_not_replace_a_good_one(oidc_peer: OidcPeer, body: bytes) -> None:
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, Peer(oidc_peer))
        oidc_peer.standing["/keys"] = Reply(body=body)
        stage.clock.advance(STALE)
        await sign_in(stage.provider, Peer(oidc_peer))
        assert ("custom_peer", "keys") in stage.watch.stale


async def test_documents_are_fetched_once_an_hour_and_once_for_everybody(oidc_peer: OidcPeer) -> None:
    party = Peer(oidc_peer)
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await asyncio.gather(*(sign_in(stage.provider, party) for _ in range(20)))
        assert (oidc_peer.count(DISCOVERY), oidc_peer.count("/keys")) == (1, 1)
        stage.clock.advance(FRESH_SECONDS * 0.89)
        await sign_in(stage.provider, party)
        assert (oidc_peer.count(DISCOVERY), oidc_peer.count("/keys")) == (1, 1)
        stage.clock.advance(FRESH_SECONDS * 0.22)
        await asyncio.gather(*(sign_in(stage.provider, party) for _ in range(20)))
        assert (oidc_peer.count(DISCOVERY), oidc_peer.count("/keys")) == (2, 2)


async def test_invented_key_names_fetch_keys_once_a_minute_whatever_the_name(oidc_peer: OidcPeer) -> None:
    party = Peer(oidc_peer)
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, party)
        for turn in range(10):
            oidc_peer.header = {"kid": f"invented-{turn}"}
            with pytest.raises(TokenInvalid, match="kid"):
                await sign_in(stage.provider, party)
        assert oidc_peer.count("/keys") == 2
        stage.clock.advance(61)
        results = await asyncio.gather(*(sign_in(stage.provider, party) for _ in range(10)), return_exceptions=True)
        assert all(isinstance(result, TokenInvalid) for result in results)
        assert oidc_peer.count("/keys") == 3


async def test_a_new_key_is_learnt_by_everybody_who_waits_for_it(oidc_peer: OidcPeer) -> None:
    party = Peer(oidc_peer)
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, party)
        oidc_peer.published, oidc_peer.signer = ["first", "second"], "second"
        await asyncio.gather(*(sign_in(stage.provider, party) for _ in range(10)))
        assert oidc_peer.count("/keys") == 2
        oidc_peer.signer = "first"
        await sign_in(stage.provider, party)
        assert oidc_peer.count("/keys") == 2


async def test_a_key_that_vanished_stops_counting_with_the_next_fetch(oidc_peer: OidcPeer) -> None:
    party = Peer(oidc_peer)
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        await sign_in(stage.provider, party)
        oidc_peer.published, oidc_peer.signer = ["second"], "second"
        await sign_in(stage.provider, party)
        oidc_peer.signer = "first"
        with pytest.raises(TokenInvalid) as caught:
            await sign_in(stage.provider, party)
        assert caught.value.check == "kid"


async def test_a_key_name_that_means_two_keys_means_none(oidc_peer: OidcPeer) -> None:
    twice = {"keys": [jwk("first"), jwk("second", kid="first"), jwk("third")]}
    oidc_peer.standing["/keys"] = Reply(body=json.dumps(twice).encode())
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        with pytest.raises(TokenInvalid) as caught:
            await sign_in(stage.provider, Peer(oidc_peer))
    assert caught.value.check == "kid"


async def test_microsofts_keys_roll_over_without_anybody_noticing(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await sign_in_at_microsoft(stage.provider, "alice")
        await microsoft_emulator.keys("rotate")
        await sign_in_at_microsoft(stage.provider, "alice")
        await sign_in_at_microsoft(stage.provider, "dave")
        stage.clock.advance(61)
        await microsoft_emulator.keys("emergency")
        await sign_in_at_microsoft(stage.provider, "alice")


async def test_a_browser_that_goes_away_does_not_take_the_fetch_from_the_others(oidc_peer: OidcPeer) -> None:
    async with staged({"custom_providers": {"peer": peer_section(oidc_peer)}}) as stage:
        first = asyncio.create_task(stage.provider.authorization_url(a_request()))
        second = asyncio.create_task(stage.provider.authorization_url(a_request()))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).startswith(oidc_peer.base_url)
        assert oidc_peer.count(DISCOVERY) == 1
