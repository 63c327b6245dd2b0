"""Keys and documents that the emulator would not publish, at a Microsoft made by hand."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from broker.errors import ProviderDenied, TokenInvalid, UpstreamUnavailable
from broker.models.identities import ProviderIdentity
from tests.peers.oidc import CLIENT_SECRET, OidcPeer, jwk
from tests.peers.raw_http import Reply, running
from tests.providers.stage import Stage, a_grant, a_request, staged

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
CLIENT = "c11e0000-0000-4000-8000-0000000000ff"


class HandMade(OidcPeer):
    """Directory Alder of a cloud called `hand.made`; `key` changes what is published of its one key."""

    def __init__(self) -> None:
        super().__init__()
        self.key: dict[str, Any] = {}
        self.client_id = CLIENT
        self.claims = {
            "ver": "2.0",
            "tid": ALDER,
            "oid": "5eed0000-0000-4000-8000-0000000000a1",
        }
        self.auth_methods = ["client_secret_post"]

    @property
    def issuer(self) -> str:
        return f"{self.base_url}/{ALDER}/v2.0"

    def serve(self) -> None:
        """Once the port is known."""
        self.metadata = {"issuer": self.issuer, "cloud_instance_name": "hand.made"}
        self.routes["/keys"] = lambda _request: Reply(body=self._keys())
        for segment in (ALDER, "alder.example", "common"):
            path = f"/{segment}/v2.0/.well-known/openid-configuration"
            self.routes[path] = self.routes["/.well-known/openid-configuration"]

    def _keys(self) -> bytes:
        members = {"issuer": f"{self.base_url}/{{tenantid}}/v2.0", "cloud_instance_name": "hand.made"} | self.key
        return json.dumps({"keys": [jwk("first", **members)]}).encode()


@pytest.fixture
async def hand_made() -> AsyncIterator[HandMade]:
    peer = HandMade()
    async with running(peer):
        peer.serve()
        yield peer


def section(peer: HandMade, **members: Any) -> dict[str, Any]:
    registration = {
        "cloud": "custom",
        "authority": peer.base_url,
        "client_id": CLIENT,
        "secret": CLIENT_SECRET,
        "tenant": ALDER,
    }
    return {"providers": {"microsoft": registration | members}}


async def sign_in(stage: Stage, peer: HandMade) -> ProviderIdentity:
    request = a_request()
    code = peer.sign_in(await stage.provider.authorization_url(request))
    return await stage.provider.identify(a_grant(request, code))


async def test_a_token_of_this_cloud_is_believed(hand_made: HandMade) -> None:
    async with staged(section(hand_made)) as stage:
        identity = await sign_in(stage, hand_made)
    assert identity.subject_key == f"custom:127.0.0.1:{ALDER}:5eed0000-0000-4000-8000-0000000000a1"


@pytest.mark.parametrize("cloud", ["microsoftonline.us", None])
async def test_step_8_a_key_of_another_cloud_in_our_set_is_refused(hand_made: HandMade, cloud: str | None) -> None:
    hand_made.key = {"cloud_instance_name": cloud}
    async with staged(section(hand_made)) as stage:
        with pytest.raises(TokenInvalid) as caught:
            await sign_in(stage, hand_made)
    assert (caught.value.check, caught.value.security) == ("key_cloud", "key_cloud")


async def test_step_9_a_token_of_another_directory_is_refused_even_if_its_key_speaks_for_it(
    hand_made: HandMade,
) -> None:
    hand_made.claims |= {"tid": BIRCH, "iss": f"{hand_made.base_url}/{BIRCH}/v2.0"}
    async with staged(section(hand_made)) as stage:
        with pytest.raises(TokenInvalid) as caught:
            await sign_in(stage, hand_made)
    assert (caught.value.check, caught.value.security) == ("iss", "iss")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": f"https://login.microsoftonline.com/{ALDER}/v2.0"},
        {"issuer": "{tenantid}"},
        {"token_endpoint": "https://evil.example/token"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"authorization_endpoint": "http://10.0.0.1/authorize"},
    ],
)
async def test_a_document_that_leads_elsewhere_is_refused(hand_made: HandMade, metadata: dict[str, Any]) -> None:
    hand_made.metadata |= metadata
    async with staged(section(hand_made)) as stage:
        with pytest.raises(UpstreamUnavailable):
            await stage.provider.authorization_url(a_request())


async def test_a_directory_configured_by_domain_is_held_to_the_guid_behind_it(hand_made: HandMade) -> None:
    async with staged(section(hand_made, tenant="alder.example")) as stage:
        identity = await sign_in(stage, hand_made)
        assert identity.tenant == ALDER
        assert stage.provider.accepts_issuer(hand_made.issuer)
        assert not stage.provider.accepts_issuer(f"{hand_made.base_url}/{BIRCH}/v2.0")
        # The domain lapsed, and somebody else's directory has it now.
        hand_made.metadata["issuer"] = f"{hand_made.base_url}/{BIRCH}/v2.0"
        hand_made.claims |= {"tid": BIRCH, "iss": f"{hand_made.base_url}/{BIRCH}/v2.0"}
        stage.clock.advance(4000)
        with pytest.raises(ProviderDenied) as refused:
            await sign_in(stage, hand_made)
        assert refused.value.code == "provider_misconfigured"
