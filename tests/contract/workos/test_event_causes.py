"""What an application's program does by the API is an event, and its data are what the API answered."""

from typing import Any

from tests.browsers import Browser
from tests.contract.workos.applications import API_KEY, authorize_url, signed_in
from tests.contract.workos.people import USERS, found, made
from tests.contract.workos.sessions import asked, begun, told
from tests.contract.workos.tenants import (
    CONNECTIONS,
    MEMBERSHIPS,
    ORGANIZATIONS,
    a_connection,
    a_member,
    an_organization,
    done,
)
from tests.peers.microsoft import MicrosoftPeer

NAMES = (
    "user.created,user.updated,user.deleted,organization.created,organization.updated,organization.deleted,"
    "organization_membership.created,organization_membership.updated,organization_membership.deleted,"
    "connection.activated,connection.deactivated,connection.deleted,authentication.oauth_succeeded,"
    "authentication.sso_succeeded,session.created,session.revoked"
)


async def events(program: Browser, further: str = "") -> list[tuple[str, dict[str, Any]]]:
    found_ones = (await found(program, f"/events?events={NAMES}&limit=100{further}"))["data"]
    return [(event["event"], event["data"]) for event in found_ones]


async def test_user_who_is_made_changed_and_removed(program: Browser) -> None:
    grace = await made(program, first_name="Grace", external_id="g-1", metadata={"plan": "gold"})
    path = f"{USERS}/{grace['id']}"
    changed = await done(program, "PUT", path, locale="en-GB", last_name="Hopper")
    await program.send("DELETE", path, headers={"Authorization": f"Bearer {API_KEY}"})

    by_name = dict(await events(program))
    assert by_name["user.created"] == grace
    assert by_name["user.updated"] == changed
    assert by_name["user.deleted"] == changed


async def test_organization_with_its_connection_and_its_members(program: Browser) -> None:
    organization = await an_organization(program, domain_data=[{"domain": "alder.example", "state": "verified"}])
    renamed = await done(program, "PUT", f"{ORGANIZATIONS}/{organization['id']}", name="Alder plc")
    connection = await a_connection(program, organization["id"])
    stopped = await done(program, "PATCH", f"{CONNECTIONS}/{connection['id']}", state="inactive")
    grace = await made(program)
    member = await a_member(program, grace["id"], organization["id"])
    path = f"{MEMBERSHIPS}/{member['id']}"
    await done(program, "PUT", path, role_slug="admin")
    await done(program, "DELETE", path, 204)
    await done(program, "DELETE", f"{CONNECTIONS}/{connection['id']}", 204)
    await done(program, "DELETE", f"{ORGANIZATIONS}/{organization['id']}", 204)

    of_organization = await events(program, f"&organization_id={organization['id']}")
    assert [name for name, _ in of_organization] == [
        "organization.created",
        "organization.updated",
        "connection.activated",
        "connection.deactivated",
        "organization_membership.created",
        "organization_membership.updated",
        "organization_membership.deleted",
        "connection.deleted",
        "organization.deleted",
    ]
    by_name = dict(of_organization)
    assert by_name["organization.created"] == organization
    assert by_name["organization.updated"] == by_name["organization.deleted"] == renamed
    assert by_name["connection.activated"] == connection
    assert by_name["connection.deactivated"] == stopped
    assert member.items() >= by_name["organization_membership.created"].items()
    assert by_name["organization_membership.updated"]["role"] == {"slug": "admin"}


async def test_sign_in_through_an_organizations_own_connection_is_told_with_both(
    program: Browser, browser: Browser
) -> None:
    organization = await an_organization(program, domain_data=[{"domain": "alder.example", "state": "verified"}])
    connection = await a_connection(program, organization["id"])
    back = await signed_in(browser, authorize_url(provider=None, organization_id=organization["id"]))
    grant: Any = {"grant_type": "authorization_code", "client_secret": API_KEY, "code": back.query["code"]}
    answer = told(await asked(program, **grant))

    by_name = dict(await events(program, f"&organization_id={organization['id']}"))
    assert by_name["authentication.sso_succeeded"]["sso"] == {
        "organization_id": organization["id"],
        "connection_id": connection["id"],
        "session_id": None,
    }
    assert by_name["organization_membership.created"]["user_id"] == answer["user"]["id"]
    assert by_name["session.created"]["organization_id"] == organization["id"]
    assert "authentication.oauth_succeeded" not in dict(await events(program))


async def test_person_whom_their_provider_calls_otherwise_is_told_of_at_their_next_sign_in(
    program: Browser, browser: Browser, emulator: MicrosoftPeer
) -> None:
    await begun(browser)
    await begun(browser)
    await emulator.claims(set={"name": "Alice Birch", "family_name": "Birch"})
    answer = await begun(browser)

    told_of = await events(program)
    assert [name for name, _ in told_of if not name.startswith("session.")] == [
        "user.created",
        "authentication.oauth_succeeded",
        "authentication.oauth_succeeded",
        "user.updated",
        "authentication.oauth_succeeded",
    ]
    assert dict(told_of)["user.updated"]["last_name"] == answer["user"]["last_name"] == "Birch"
