"""Sign-ins for an organization, by a connection of its own: who becomes a member, and who gets in nowhere."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from broker.web.workos import ids
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, authorize_url, served, signed_in
from tests.contract.workos.people import found
from tests.contract.workos.sessions import asked, begun, claims_of, error_of, renewed, told
from tests.contract.workos.tenants import (
    BIRCH,
    CONNECTIONS,
    MEMBERSHIPS,
    ORGANIZATIONS,
    a_connection,
    a_member,
    an_organization,
    done,
)
from tests.peers.microsoft import MicrosoftPeer

ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
FIRST = "c11e0000-0000-4000-8000-00000000000c"
SECRET = "emulator-secret"


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """Microsoft is a cloud with registrations of its own, which is what a stand-in's are not."""
    microsoft = {"client_id": FIRST, "secret": SECRET, "cloud": "custom", "authority": emulator.base_url}
    changes = served() | {"third_party.providers": {"microsoft": microsoft}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


def by(person: str = "alice", **selector: str | None) -> dict[str, str | None]:
    """A start for somebody, without the usual provider."""
    return {"provider": None, "login_hint": f"auto:{person}", **selector}


async def ended(browser: Browser, interface: str = "user_management", /, **start: str | None) -> Page:
    return await signed_in(browser, authorize_url(interface, **start))


async def members_of(program: Browser, organization: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = (await found(program, f"{MEMBERSHIPS}?organization_id={organization}"))["data"]
    return data


async def test_an_organization_with_one_connection_signs_its_people_in_and_makes_them_members(
    program: Browser, browser: Browser
) -> None:
    organization = (await an_organization(program, domains=["alder.example"]))["id"]
    await a_connection(program, organization)
    answer = await begun(browser, start=by(organization_id=organization))
    assert answer["organization_id"] == organization
    claims = claims_of(answer)
    assert (claims["org_id"], claims["role"], claims["roles"], claims["permissions"]) == (
        organization,
        "member",
        ["member"],
        [],
    )
    assert answer["authentication_method"] == "MicrosoftOAuth"
    [member] = await members_of(program, organization)
    assert (member["user_id"], member["status"]) == (answer["user"]["id"], "active")
    again = await begun(browser, start=by(organization_id=organization))
    assert again["user"]["id"] == answer["user"]["id"]
    assert len(await members_of(program, organization)) == 1


async def test_without_an_organization_nothing_is_said_of_one(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    answer = await begun(browser)
    assert "organization_id" not in answer
    assert {"org_id", "role", "roles", "permissions"}.isdisjoint(claims_of(answer))
    assert await members_of(program, organization) == []


async def test_a_registration_of_its_own_signs_in_the_same_user(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    theirs = await a_connection(program, organization, client_id=ALDER_ONLY, client_secret=SECRET)
    page = await browser.get(authorize_url(**by(connection_id=theirs["id"])))
    assert page.location is not None
    assert f"client_id={ALDER_ONLY}" in page.location
    by_theirs = await begun(browser, start=by(connection_id=theirs["id"]))
    assert (await begun(browser))["user"]["id"] == by_theirs["user"]["id"]
    assert by_theirs["organization_id"] == organization


async def test_word_of_who_is_there_names_the_connection(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    theirs = (await a_connection(program, organization))["id"]
    code = (await ended(browser, "sso", **by(organization=organization))).query["code"]
    given = {"client_secret": API_KEY, "grant_type": "authorization_code", "code": code}
    answer = await program.send("POST", "/sso/token", json={"client_id": "client_01TESTS", **given})
    profile = told(answer)["profile"]
    assert (profile["connection_id"], profile["organization_id"]) == (theirs, organization)


async def test_secret_that_was_changed_counts_at_once(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    theirs = await a_connection(program, organization, client_id=ALDER_ONLY, client_secret="a wrong one")
    assert (await ended(browser, **by(connection_id=theirs["id"]))).query["error"] == "oauth_failed"
    await done(program, "PATCH", f"{CONNECTIONS}/{theirs['id']}", client_secret="emulator-secret-2")
    assert "code" in (await ended(browser, **by(connection_id=theirs["id"]))).query


async def test_a_hint_tells_which_of_several_is_meant(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    await a_connection(program, organization)
    await a_connection(program, organization, tenant=BIRCH, domains=["birch.test"])
    for hint in (None, "cedar.test", "birch.test.evil.example"):
        page = await ended(browser, **by("mallory", organization_id=organization, domain_hint=hint))
        assert page.query["error"] == "ambiguous_connection_selector"
    for hint in ("birch.test", "BIRCH.test", BIRCH):
        page = await ended(browser, **by("mallory", organization_id=organization, domain_hint=hint))
        assert "code" in page.query, page.location


async def test_what_cannot_be_selected_is_told_to_the_application(program: Browser, browser: Browser) -> None:
    organization, empty = (await an_organization(program))["id"], (await an_organization(program, "Empty"))["id"]
    theirs = (await a_connection(program, organization))["id"]
    await done(program, "PATCH", f"{CONNECTIONS}/{theirs}", state="inactive")
    for selector, error in (
        ({"organization_id": empty}, "organization_invalid"),
        ({"organization_id": empty.lower()}, "organization_invalid"),
        ({"organization_id": ids.spelled("org", "0199a000-0000-7000-8000-000000000000")}, "organization_invalid"),
        ({"organization_id": organization}, "connection_unlinked"),
        ({"connection_id": theirs}, "connection_unlinked"),
        ({"connection_id": organization}, "connection_invalid"),
        ({"connection_id": theirs, "organization_id": organization}, "invalid_connection_selector"),
        ({"provider": "MicrosoftOAuth", "organization_id": organization}, "invalid_connection_selector"),
    ):
        page = await ended(browser, **by(**selector))
        assert page.query["error"] == error, selector
        assert "code" not in page.query


async def test_nobody_from_outside_comes_in(program: Browser, browser: Browser) -> None:
    """A guest whose address is elsewhere, where the organization wants its own domains alone."""
    organization = await an_organization(program, domains=["nowhere.example"])
    await a_connection(program, organization["id"])
    page = await ended(browser, **by("alice", organization_id=organization["id"]))
    assert page.query["error"] == "profile_not_allowed_outside_organization"
    assert await members_of(program, organization["id"]) == []
    await done(program, "PUT", f"{ORGANIZATIONS}/{organization['id']}", allow_profiles_outside_organization=True)
    assert "code" in (await ended(browser, **by("alice", organization_id=organization["id"]))).query


async def test_who_was_refused_leaves_nothing_behind(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program, domains=["nowhere.example"]))["id"]
    await a_connection(program, organization)
    await ended(browser, **by("alice", organization_id=organization))
    assert (await found(program, "/user_management/users"))["data"] == []


async def test_a_connection_is_no_provider_of_other_faces(program: Browser, browser: Browser) -> None:
    theirs = await a_connection(program, (await an_organization(program))["id"])
    own_id = ids.read("conn", theirs["id"])
    for name in (f"microsoft:{own_id}", theirs["id"], str(own_id)):
        page = await browser.start(provider=name)
        assert page.query["error"] == "invalid_request", name
    page = await browser.get(f"/thirdparty/callback/microsoft:{own_id}?state={'s' * 43}&code=c")
    assert page.query["error"] in ("invalid_request", "sign_in_expired")


async def test_a_connection_that_goes_meanwhile_signs_nobody_in(program: Browser, browser: Browser) -> None:
    theirs = await a_connection(program, (await an_organization(program))["id"])
    start = await browser.get(authorize_url(**by(connection_id=theirs["id"])))
    assert start.location is not None
    at_callback = await browser.get(start.location)
    await done(program, "DELETE", f"{CONNECTIONS}/{theirs['id']}", 204)
    assert at_callback.location is not None
    page = await browser.get(at_callback.location)
    assert "code" not in page.query
    assert page.query["error"] == "invalid_request"


async def test_a_reload_fails_no_sign_in_that_is_under_way(
    broker: RunningBroker, program: Browser, browser: Browser
) -> None:
    theirs = await a_connection(program, (await an_organization(program))["id"])
    start = await browser.get(authorize_url(**by(connection_id=theirs["id"])))
    assert start.location is not None
    at_callback = await browser.get(start.location)
    # Another registration of the environment: the code goes to the one that gave it.
    await broker.reload({"third_party.providers.microsoft.client_id": ALDER_ONLY})
    assert at_callback.location is not None
    assert "code" in (await browser.get(at_callback.location)).query
    start = await browser.get(authorize_url(**by(connection_id=theirs["id"])))
    assert f"client_id={ALDER_ONLY}" in (start.location or "")


async def test_who_is_no_member_any_more_gets_nothing_for_their_code(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    await a_connection(program, organization)
    code = (await ended(browser, **by(organization_id=organization))).query["code"]
    [member] = await members_of(program, organization)
    await done(program, "PUT", f"{MEMBERSHIPS}/{member['id']}/deactivate")
    given = {"grant_type": "authorization_code", "code": code, "client_secret": API_KEY}
    assert error_of(await asked(program, None, **given)) == (400, "invalid_grant")
    page = await ended(browser, **by(organization_id=organization))
    assert page.query["error"] == "profile_not_allowed_outside_organization"


@pytest.mark.parametrize("end", ["deactivate", "delete", "with the organization"])
async def test_sessions_there_end_with_the_membership(program: Browser, browser: Browser, end: str) -> None:
    organization = (await an_organization(program))["id"]
    await a_connection(program, organization)
    there, elsewhere = await begun(browser, start=by(organization_id=organization)), await begun(browser)
    [member] = await members_of(program, organization)
    if end == "deactivate":
        await done(program, "PUT", f"{MEMBERSHIPS}/{member['id']}/deactivate")
    elif end == "delete":
        await done(program, "DELETE", f"{MEMBERSHIPS}/{member['id']}", 204)
    else:
        await done(program, "DELETE", f"{ORGANIZATIONS}/{organization}", 204)
    assert error_of(await renewed(program, there["refresh_token"])) == (400, "invalid_grant")
    assert (await renewed(program, elsewhere["refresh_token"])).status == 200


async def test_a_session_moves_to_an_organization_that_its_user_is_a_member_of(
    program: Browser, browser: Browser
) -> None:
    alder, birch = (await an_organization(program))["id"], (await an_organization(program, "Birch"))["id"]
    answer = await begun(browser)
    await a_member(program, answer["user"]["id"], alder, role_slugs=["admin", "member"])
    moved = told(await renewed(program, answer["refresh_token"], organization_id=alder))
    assert (moved["organization_id"], claims_of(moved)["role"]) == (alder, "admin")
    kept = told(await renewed(program, moved["refresh_token"]))
    assert (kept["organization_id"], claims_of(kept)["roles"]) == (alder, ["admin", "member"])
    refused = await renewed(program, kept["refresh_token"], organization_id=birch)
    assert error_of(refused) == (400, "organization_membership_not_found")


async def test_roles_that_were_changed_are_told_with_the_next_token(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    await a_connection(program, organization)
    answer = await begun(browser, start=by(organization_id=organization))
    [member] = await members_of(program, organization)
    await done(program, "PUT", f"{MEMBERSHIPS}/{member['id']}", role_slug="owner")
    assert claims_of(told(await renewed(program, answer["refresh_token"])))["role"] == "owner"
