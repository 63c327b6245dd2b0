from typing import Any

import pytest

from tests.emulator.client import ALDER, Client
from tests.peers.microsoft import FIRST_CLIENT


async def register(client: Client, **changes: object) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, **changes)


async def test_groups_come_where_the_registration_asks(client: Client) -> None:
    assert "groups" not in await client.sign_in("alice")
    await register(client, group_membership_claims="SecurityGroup")
    assert len((await client.sign_in("alice"))["groups"]) == 2
    assert "groups" not in await client.sign_in("dave")
    await register(client, group_membership_claims="DirectoryRole")
    assert "groups" not in await client.sign_in("alice")
    await register(client, group_membership_claims="None")
    assert "groups" not in await client.sign_in("alice")


async def test_too_many_groups_are_not_named_but_pointed_to(client: Client) -> None:
    await register(client, group_membership_claims="All")
    claims = await client.sign_in("heidi")
    assert "groups" not in claims
    assert claims["_claim_names"] == {"groups": "src1"}
    endpoint = claims["_claim_sources"]["src1"]["endpoint"]
    assert endpoint == f"https://graph.windows.net/{ALDER}/users/{claims['oid']}/getMemberObjects"
    for count, whole in ((200, True), (201, False)):
        await client.peer.people("heidi", groups=[f"group-{number}" for number in range(count)])
        assert ("groups" in await client.sign_in("heidi")) is whole


async def test_roles_are_those_that_the_application_defines(client: Client) -> None:
    await register(client, app_roles=["reader", "writer"])
    assert (await client.sign_in("ivan"))["roles"] == ["reader"]
    await register(client, app_roles=[])
    assert "roles" not in await client.sign_in("ivan")


@pytest.mark.parametrize(
    ("person", "kept"), [("alice", True), ("bob", False), ("mallory", False), ("dave", True), ("carol", False)]
)
async def test_unverified_address_is_removed_where_the_registration_says_so(
    client: Client, person: str, kept: bool
) -> None:
    await register(client, remove_unverified_email=True)
    claims = await client.sign_in(person)
    assert ("email" in claims, "xms_edov" in claims) == (kept, kept)


@pytest.mark.parametrize(
    ("claim", "value", "personal"),
    [
        ("amr", ["pwd"], ["pwd"]),
        ("verified_primary_email", ["alice@alder.example"], []),
        ("idp", None, None),
        ("ctry", None, None),
    ],
)
async def test_further_optional_claims(client: Client, claim: str, value: object, personal: object) -> None:
    await register(client, optional_claims=[claim])
    assert (await client.sign_in("alice")).get(claim) == value
    assert (await client.sign_in("dave")).get(claim) == personal


async def test_second_factor_shows_in_amr(client: Client) -> None:
    await register(client, optional_claims=["amr"])
    wanted = '{"access_token": {"acrs": {"essential": true, "value": "c1"}}}'
    claims: dict[str, Any] = await client.sign_in("alice", claims=wanted)
    assert claims["amr"] == ["pwd", "mfa"]
    assert "acrs" not in claims
