from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest

from broker.emulator.clouds import CHINA, USGOV, Cloud
from tests.emulator.client import ALDER, PERSONAL, Client
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer, running_cloud

CEDAR = "ceda0000-0000-4000-8000-000000000003"
DOGWOOD = "d09d0000-0000-4000-8000-000000000004"


@asynccontextmanager
async def client_of(beside: MicrosoftPeer, cloud: Cloud) -> AsyncIterator[Client]:
    async with running_cloud(beside, cloud) as peer, Client.open(peer) as client:
        yield client


async def discovery(client: Client, tenant: str = "common") -> Any:
    return (await client.send("GET", f"/{tenant}/v2.0/.well-known/openid-configuration")).json


@pytest.mark.parametrize(
    ("cloud", "person", "tenant", "audience"),
    [
        (USGOV, "mike", CEDAR, "api://AzureADTokenExchangeUSGov"),
        (CHINA, "wei", DOGWOOD, "api://AzureADTokenExchangeChina"),
    ],
)
async def test_cloud_has_its_own_host_issuer_keys_and_audience(
    microsoft_emulator: MicrosoftPeer, cloud: Cloud, person: str, tenant: str, audience: str
) -> None:
    async with client_of(microsoft_emulator, cloud) as client:
        base, host = client.peer.base_url, client.peer.base_url.removeprefix("http://")
        document = await discovery(client)
        assert document["issuer"] == f"{base}/{{tenantid}}/v2.0"
        assert document["cloud_instance_name"] == document["msgraph_host"] == host
        assert {key["cloud_instance_name"] for key in await client.keys()} == {host}
        claims = await client.sign_in(person)
        assert (claims["tid"], claims["iss"]) == (tenant, f"{base}/{tenant}/v2.0")
        token = await client.peer.federated_token("a:b")
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == audience


async def test_clouds_share_no_keys_but_the_governments_which_stand_in_the_global_set_too(client: Client) -> None:
    async with client_of(client.peer, USGOV) as usgov, client_of(client.peer, CHINA) as china:
        of_usgov, of_china = await usgov.keys(), await china.keys()
        ours = {key["kid"]: key for key in await client.keys()}
        assert len(of_usgov) == len(of_china) == 2
        assert not {key["kid"] for key in of_china} & set(ours)
        for key in of_usgov:
            assert ours[key["kid"]]["cloud_instance_name"] == usgov.peer.base_url.removeprefix("http://")
            assert ours[key["kid"]]["issuer"] == f"{client.peer.base_url}/{{tenantid}}/v2.0"


async def test_national_cloud_knows_neither_personal_accounts_nor_other_directories(client: Client) -> None:
    async with client_of(client.peer, USGOV) as usgov:
        for tenant in ("consumers", PERSONAL, ALDER, "alder.example", DOGWOOD):
            assert (await discovery(usgov, tenant))["error"] == "invalid_tenant"
        for person in ("dave", "alice", "wei"):
            assert "AADSTS50020" in (await usgov.authorize(person)).text
        page = (await usgov.authorize()).text
        assert "Mike Miller" in page
        assert "Alice Alder" not in page
        assert (await discovery(usgov, CEDAR))["tenant_region_sub_scope"] == "DODCON"
    assert "Wei Wang" not in (await client.authorize()).text


async def test_government_account_at_the_global_sign_in_has_a_token_by_a_government_key(client: Client) -> None:
    code = await client.code("mike")
    kid = jwt.get_unverified_header((await client.redeem(code)).json["id_token"])["kid"]
    (key,) = [key for key in await client.keys() if key["kid"] == kid]
    assert key["cloud_instance_name"].startswith("usgov.")


async def test_application_of_one_cloud_is_refused_by_the_others(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, tenant="cedar.example")
    assert "AADSTS900439" in (await client.authorize("alice")).text
    answer = await client.redeem("any")
    assert (answer.status, answer.json["error_codes"]) == (400, [900439])
    async with client_of(client.peer, USGOV) as usgov:
        await usgov.sign_in("mike")


async def test_token_of_one_cloud_is_no_token_of_anothers_graph(client: Client) -> None:
    async with client_of(client.peer, USGOV) as usgov:
        body = (await usgov.redeem(await usgov.code("mike", scope="openid User.Read"))).json
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        assert (await usgov.send("GET", "/graph/v1.0/me", headers=headers)).json["displayName"] == "Mike Miller"
        assert (await client.send("GET", "/graph/v1.0/me", headers=headers)).status == 401


async def test_code_of_one_cloud_is_not_redeemed_by_another(client: Client) -> None:
    async with client_of(client.peer, USGOV) as usgov:
        assert (await client.redeem(await usgov.code("mike"))).json["error_codes"] == [700005]


async def test_instance_discovery_names_every_cloud(client: Client) -> None:
    async with client_of(client.peer, USGOV) as usgov:
        asked = f"{client.peer.base_url}/common/oauth2/v2.0/authorize"
        answer = await client.send("GET", "/common/discovery/instance", params={"authorization_endpoint": asked})
        hosts = [each["preferred_network"] for each in answer.json["metadata"]]
        assert hosts == [peer.base_url.removeprefix("http://") for peer in (client.peer, usgov.peer)]
