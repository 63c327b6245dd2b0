"""`/user_management/organization_memberships`: who belongs to which organization, as an application keeps it."""

import itertools
from typing import Any

from broker.web.workos import ids
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.people import called, faults, found, made, refused
from tests.contract.workos.tenants import MEMBERSHIPS, ORGANIZATIONS, a_member, an_organization, done
from tests.store.rows import stored_user

NOWHERE = ids.spelled("om", "0199a000-0000-7000-8000-000000000000")


async def test_a_membership_has_all_that_the_sdks_parse(program: Browser) -> None:
    user, organization = await made(program), await an_organization(program)
    member = await a_member(program, user["id"], organization["id"], role_slug="admin")
    assert member["id"].startswith("om_")
    assert {name: member[name] for name in ("object", "user_id", "organization_id", "organization_name", "status")} == {
        "object": "organization_membership",
        "user_id": user["id"],
        "organization_id": organization["id"],
        "organization_name": "Alder Ltd",
        "status": "active",
    }
    assert (member["role"], member["roles"], member["directory_managed"]) == (
        {"slug": "admin"},
        [{"slug": "admin"}],
        False,
    )
    assert (member["user"], member["custom_attributes"]) == (user, {})
    assert await found(program, f"{MEMBERSHIPS}/{member['id']}") == member


async def test_a_member_is_changed_deactivated_reactivated_and_removed(program: Browser) -> None:
    user, organization = await made(program), await an_organization(program)
    member = await a_member(program, user["id"], organization["id"])
    assert member["role"] == {"slug": "member"}
    path = f"{MEMBERSHIPS}/{member['id']}"
    several = await done(program, "PUT", path, role_slugs=["owner", "admin", "owner"])
    assert [each["slug"] for each in several["roles"]] == ["owner", "admin"]
    assert (await done(program, "PUT", path, colour="red"))["roles"] == several["roles"]
    assert (await done(program, "PUT", path + "/deactivate"))["status"] == "inactive"
    assert (await done(program, "PUT", path + "/reactivate"))["status"] == "active"
    await done(program, "PUT", path + "/deactivate")
    again = await a_member(program, user["id"], organization["id"])
    assert (again["id"], again["status"], again["role"]) == (member["id"], "active", {"slug": "owner"})
    await done(program, "DELETE", path, 204)
    assert (await called(program, "GET", path)).status == 404


async def test_lists_are_of_somebody_or_of_somewhere(program: Browser) -> None:
    alice, bob = await made(program), await made(program, "bob@alder.example")
    alder, birch = await an_organization(program), await an_organization(program, "Birch")
    hers, there, his = [
        (await a_member(program, user["id"], organization["id"]))["id"]
        for user, organization in ((alice, alder), (alice, birch), (bob, alder))
    ]
    await done(program, "PUT", f"{MEMBERSHIPS}/{there}/deactivate")

    async def listed(query: str) -> list[str]:
        return [each["id"] for each in (await found(program, f"{MEMBERSHIPS}?{query}"))["data"]]

    assert await listed(f"organization_id={alder['id']}&order=desc") == [his, hers]
    assert await listed(f"user_id={alice['id']}") == [hers]
    assert await listed(f"user_id={alice['id']}&statuses=active%2Cinactive") == [there, hers]
    assert await listed(f"user_id={alice['id']}&statuses=inactive") == [there]
    assert await listed(f"user_id={alice['id']}&organization_id={birch['id']}&statuses[]=inactive") == [there]
    assert await listed(f"user_id={alder['id']}") == []
    page = await found(program, f"{MEMBERSHIPS}?organization_id={alder['id']}&limit=1")
    assert page["list_metadata"] == {"before": None, "after": his}
    users = await found(program, f"/user_management/users?organization_id={alder['id']}")
    assert {each["id"] for each in users["data"]} == {alice["id"], bob["id"]}


async def test_what_cannot_be_read_is_422(program: Browser) -> None:
    listed = await called(program, "GET", MEMBERSHIPS)
    assert faults(listed) == (422, {"user_id": "user_id_or_organization_id_required"})
    unknown = await called(program, "GET", f"{MEMBERSHIPS}?user_id=user_1&statuses=gone")
    assert faults(unknown) == (422, {"statuses": "statuses_unknown"})
    user, organization = await made(program), await an_organization(program)
    ids_given = {"user_id": user["id"], "organization_id": organization["id"]}
    wrong: list[dict[str, Any]] = [
        {"role_slug": "No Slug"},
        {"role_slugs": []},
        {"role_slugs": "admin"},
        {"role_slugs": [7]},
    ]
    for roles in wrong:
        assert faults(await called(program, "POST", MEMBERSHIPS, ids_given | roles))[0] == 422
    both = {"role_slug": "admin", "role_slugs": ["admin"]}
    assert faults(await called(program, "POST", MEMBERSHIPS, ids_given | both))[0] == 422
    assert faults(await called(program, "POST", MEMBERSHIPS, {}))[1] == {
        "user_id": "user_id_required",
        "organization_id": "organization_id_required",
    }


async def test_nobody_is_added_twice_or_to_nothing(program: Browser) -> None:
    user, organization = await made(program), await an_organization(program)
    given = {"user_id": user["id"], "organization_id": organization["id"]}
    await a_member(program, user["id"], organization["id"])
    assert refused(await called(program, "POST", MEMBERSHIPS, given))[0] == 409
    for nobody in ({"user_id": organization["id"]}, {"organization_id": user["id"]}, {"user_id": "user_1"}):
        assert refused(await called(program, "POST", MEMBERSHIPS, given | nobody))[0] == 404


async def test_nobody_is_added_whom_no_address_names(broker: RunningBroker, program: Browser) -> None:
    nameless = await stored_user(broker.application.broker.store)
    organization = await an_organization(program)
    body = {"user_id": ids.spelled("user", nameless.id), "organization_id": organization["id"]}
    assert refused(await called(program, "POST", MEMBERSHIPS, body))[0] == 404
    assert (await found(program, f"{MEMBERSHIPS}?organization_id={organization['id']}"))["data"] == []


async def test_what_is_not_there_is_404(program: Browser) -> None:
    names = (NOWHERE, "om_1", NOWHERE.replace("om", "org"))
    for method, name in itertools.product(("GET", "PUT", "DELETE"), names):
        status, body = refused(await called(program, method, f"{MEMBERSHIPS}/{name}", {"role_slug": "admin"}))
        assert (status, body["code"]) == (404, "entity_not_found")


async def test_memberships_go_with_their_organization(program: Browser) -> None:
    user, organization = await made(program), await an_organization(program)
    member = await a_member(program, user["id"], organization["id"])
    await done(program, "DELETE", f"{ORGANIZATIONS}/{organization['id']}", 204)
    assert (await called(program, "GET", f"{MEMBERSHIPS}/{member['id']}")).status == 404
    assert (await called(program, "GET", f"/user_management/users/{user['id']}")).status == 200
