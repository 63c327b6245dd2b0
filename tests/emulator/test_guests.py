from typing import Any

import pytest

from tests.emulator.client import ALDER, BIRCH, Client
from tests.peers.microsoft import FIRST_CLIENT

FULL = ["upn", "email", "xms_edov", "acct", "login_hint", "idp"]
DECORATED = "frank_birch.example#EXT#@alder.onmicrosoft.com"


async def frank(client: Client, tenant: str) -> dict[str, Any]:
    return await client.sign_in("frank", tenant=tenant)


async def test_one_person_through_common_and_as_a_guest_is_two_identities(client: Client) -> None:
    at_home, as_guest = await frank(client, "common"), await frank(client, ALDER)
    assert (at_home["tid"], as_guest["tid"]) == (BIRCH, ALDER)
    assert as_guest["iss"] == f"{client.peer.base_url}/{ALDER}/v2.0"
    assert as_guest["oid"] == "5eed0000-0000-4000-8000-0000000000f1"
    assert at_home["sub"] != as_guest["sub"]
    assert (at_home["acct"], as_guest["acct"]) == (0, 1)
    assert at_home["preferred_username"] == as_guest["preferred_username"] == "frank@birch.example"
    assert at_home["email"] == as_guest["email"] == "frank@birch.example"
    assert as_guest["login_hint"] == at_home["login_hint"]
    assert as_guest["sid"] == at_home["sid"]


async def test_guest_names_the_home_by_idp_and_a_member_does_not(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, optional_claims=FULL)
    assert (await frank(client, ALDER))["idp"] == f"https://sts.windows.net/{BIRCH}/"
    assert "idp" not in await frank(client, "common")
    assert (await client.sign_in("grace", tenant=ALDER))["idp"] == "https://saml.partner.example/"


@pytest.mark.parametrize(
    ("further", "upn"),
    [
        ([], None),
        (["include_externally_authenticated_upn"], DECORATED),
        (["include_externally_authenticated_upn_without_hash"], DECORATED.replace("#", "_")),
    ],
    ids=str,
)
async def test_guests_upn_comes_decorated_and_only_where_asked_for(
    client: Client, further: list[str], upn: str | None
) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, optional_claims=[*FULL, *further])
    assert (await frank(client, ALDER)).get("upn") == upn
    assert (await frank(client, "common"))["upn"] == "frank@birch.example"


async def test_guest_by_saml_is_in_alder_alone_and_never_verified(client: Client) -> None:
    claims = await client.sign_in("grace", tenant="alder.example")
    assert (claims["tid"], claims["oid"][-2:], claims["acct"]) == (ALDER, "90", 1)
    assert (claims["email"], claims["xms_edov"]) == ("grace@partner.example", False)
    for tenant in ("common", "organizations", BIRCH):
        assert "AADSTS50020" in (await client.authorize("grace", tenant=tenant)).text


async def test_guests_address_comes_unasked(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, optional_claims=[])
    assert (await client.sign_in("frank", tenant=ALDER, scope="openid profile"))["email"] == "frank@birch.example"
    assert "email" not in await client.sign_in("frank", scope="openid profile")


async def test_client_info_names_the_home_wherever_the_person_signs_in(client: Client) -> None:
    there = await client.authorize("frank", tenant=ALDER, client_info="1")
    assert there.reply["client_info"] == (await client.authorize("frank", client_info="1")).reply["client_info"]


async def test_member_of_another_directory_without_invitation_is_refused(client: Client) -> None:
    assert "AADSTS50020" in (await client.authorize("mallory", tenant=ALDER)).text
