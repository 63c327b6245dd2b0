"""`/user_management/users`: people as an application's program finds them."""

import json
from urllib.parse import quote

from broker.crypto import new_id, random_uuid
from broker.store.identities import insert_identity
from broker.web.workos import ids
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import API_KEY, OTHER_API_KEY
from tests.contract.workos.people import REVOKE, USER_KEYS, USERS, called, faults, found, made, refused
from tests.contract.workos.sessions import begun
from tests.peers.microsoft import MicrosoftPeer
from tests.store.rows import NOW, an_identity, stored_user

NOBODY = ids.spelled("user", "0199a000-0000-7000-8000-000000000000")


async def test_user_is_the_very_object_that_the_sign_in_gave(program: Browser, browser: Browser) -> None:
    given = (await begun(browser))["user"]
    user = await found(program, f"{USERS}/{given['id']}")
    assert user == given
    assert list(user) == USER_KEYS
    assert (user["email"], user["email_verified"], user["metadata"]) == ("alice@alder.example", True, {})


async def test_user_whose_provider_tells_no_name_is_called_by_first_and_last(
    program: Browser, browser: Browser, emulator: MicrosoftPeer
) -> None:
    await emulator.claims(remove=["name"])
    assert (await begun(browser))["user"]["name"] == "Alice Alder"
    await emulator.claims(remove=["name"], set={"family_name": "Birch"})
    given = (await begun(browser))["user"]
    assert (given["name"], given["last_name"]) == ("Alice Birch", "Birch")


async def test_user_who_is_not_there_is_404_with_a_code(program: Browser) -> None:
    own_spelling = "0199a000-0000-7000-8000-000000000000"
    for user_id in (NOBODY, "user_1", NOBODY.replace("user", "org"), NOBODY.lower(), own_spelling, "user_%00", "..."):
        status, body = refused(await called(program, "GET", f"{USERS}/{user_id}"))
        assert (status, body["code"], set(body)) == (404, "entity_not_found", {"code", "message"})


async def test_list_leads_to_its_end_and_back_by_cursors(program: Browser) -> None:
    everybody = [(await made(program, f"p{number}@alder.example"))["id"] for number in range(5)]
    newest_first = everybody[::-1]
    first = await found(program, f"{USERS}?limit=2&order=desc")
    assert list(first) == ["object", "data", "list_metadata"]
    assert first["object"] == "list"
    assert [each["id"] for each in first["data"]] == newest_first[:2]
    assert first["list_metadata"] == {"before": None, "after": newest_first[1]}
    second = await found(program, f"{USERS}?limit=2&after={newest_first[1]}")
    assert [each["id"] for each in second["data"]] == newest_first[2:4]
    assert second["list_metadata"] == {"before": newest_first[2], "after": newest_first[3]}
    last = await found(program, f"{USERS}?limit=2&after={newest_first[3]}")
    assert [each["id"] for each in last["data"]] == newest_first[4:]
    assert last["list_metadata"] == {"before": newest_first[4], "after": None}
    back = await found(program, f"{USERS}?limit=2&before={newest_first[2]}")
    assert (back["data"], back["list_metadata"]) == (first["data"], first["list_metadata"])
    oldest = await found(program, f"{USERS}?order=asc&limit=100")
    assert [each["id"] for each in oldest["data"]] == everybody


async def test_normal_order_is_newest_first_with_cursors_the_other_way(program: Browser) -> None:
    oldest, middle, newest = [(await made(program, f"p{number}@alder.example"))["id"] for number in range(3)]
    page = await found(program, f"{USERS}?order=normal&limit=2")
    assert [each["id"] for each in page["data"]] == [newest, middle]
    assert page["list_metadata"] == {"before": middle, "after": None}
    older = await found(program, f"{USERS}?order=normal&before={middle}")
    assert [each["id"] for each in older["data"]] == [oldest]
    assert older["list_metadata"] == {"before": None, "after": oldest}
    newer = await found(program, f"{USERS}?order=normal&after={oldest}")
    assert [each["id"] for each in newer["data"]] == [newest, middle]


async def test_empty_list_has_all_its_parts(program: Browser) -> None:
    assert await found(program, USERS) == {
        "object": "list",
        "data": [],
        "list_metadata": {"before": None, "after": None},
    }


async def test_page_that_cannot_be_read_is_422_and_says_why(program: Browser) -> None:
    out_of_range, unknown = {"limit": "limit_out_of_range"}, {"order": "order_unknown"}
    assert faults(await called(program, "GET", f"{USERS}?limit=0")) == (422, out_of_range)
    assert faults(await called(program, "GET", f"{USERS}?limit=1000&order=up")) == (422, out_of_range | unknown)
    assert faults(await called(program, "GET", f"{USERS}?after=user_1")) == (422, {"after": "after_invalid"})
    status, body = refused(await called(program, "GET", f"{USERS}?limit=1&limit=2"))
    # Without `errors`: the Node SDK would show these in place of the message, and there are none.
    assert (status, body["code"], set(body)) == (422, "invalid_request_parameters", {"code", "message"})
    assert (await found(program, f"{USERS}?after=&before=&colour=red"))["data"] == []


async def test_program_that_deletes_while_it_reads_goes_on_where_it_was(program: Browser) -> None:
    """The cursor names somebody who is gone by the time that it is used."""
    everybody = [(await made(program, f"p{number}@alder.example"))["id"] for number in range(5)]
    gone: list[str] = []
    page = await found(program, f"{USERS}?limit=2")
    while True:
        for each in page["data"]:
            assert (await called(program, "DELETE", f"{USERS}/{each['id']}")).status == 204
            gone.append(each["id"])
        after = page["list_metadata"]["after"]
        if after is None:
            break
        page = await found(program, f"{USERS}?limit=2&after={after}")
    assert gone == everybody[::-1]


async def test_cursor_that_tells_no_time_and_names_nobody_is_422_and_no_start_from_the_beginning(
    program: Browser,
) -> None:
    """A program that followed it would begin again and again."""
    status, _ = refused(await called(program, "GET", f"{USERS}?after={ids.spelled('user', random_uuid())}"))
    assert status == 422


async def test_people_are_found_by_the_address_that_names_them_in_any_case(program: Browser) -> None:
    grace = await made(program)
    await made(program, "ada@alder.example")
    for spelled in ("grace@alder.example", "GRACE@Alder.Example", " grace@alder.example "):
        assert (await found(program, f"{USERS}?email={quote(spelled)}"))["data"] == [grace]
    for nobodys in ("grac@alder.example", "%25@alder.example", "grace", "grace%40alder.example%00"):
        assert (await found(program, f"{USERS}?email={nobodys}"))["data"] == []


async def test_members_of_an_organization_are_listed_alone_and_page_by_page(program: Browser) -> None:
    organization = json.loads((await called(program, "POST", "/organizations", {"name": "Alder"})).body)["id"]
    members = [await made(program, f"p{number}@alder.example") for number in range(3)]
    await made(program, "outside@alder.example")
    for member in members:
        body = {"user_id": member["id"], "organization_id": organization}
        assert (await called(program, "POST", "/user_management/organization_memberships", body)).status == 201
    first = await found(program, f"{USERS}?limit=2&organization_id={organization}")
    assert first["data"] == members[:0:-1]
    after = first["list_metadata"]["after"]
    rest = await found(program, f"{USERS}?limit=2&organization_id={organization}&after={after}")
    assert (rest["data"], rest["list_metadata"]["after"]) == (members[:1], None)
    both = f"{USERS}?organization_id={organization}&email="
    assert (await found(program, both + "p1@alder.example"))["data"] == [members[1]]
    assert (await found(program, both + "outside@alder.example"))["data"] == []


async def test_of_an_organization_that_is_not_there_nobody_is_a_member(program: Browser) -> None:
    await made(program)
    for unverified in (ids.spelled("org", new_id(NOW)), "org_1", NOBODY):
        for name in ("organization_id", "organization"):
            assert (await found(program, f"{USERS}?{name}={unverified}"))["data"] == []


async def test_user_is_found_by_what_the_application_calls_them(program: Browser) -> None:
    for number, external_id in enumerate(["42", "a/b", "ü €", "x?y#z", "identities", "a%2Fb", "..."]):
        user = await made(program, f"p{number}@alder.example", external_id=external_id)
        assert user["external_id"] == external_id
        assert await found(program, f"{USERS}/external_id/{quote(external_id, safe='')}") == user
    for nobodys in ("43", "%00", "", "42/"):
        status, body = refused(await called(program, "GET", f"{USERS}/external_id/{nobodys}"))
        assert (status, body["code"]) == (404, "entity_not_found")


async def test_whom_no_address_names_is_nobody_here(program: Browser, broker: RunningBroker) -> None:
    nameless = await stored_user(broker.application.broker.store, external_id="n")
    user_id = ids.spelled("user", nameless.id)
    assert (await found(program, USERS))["data"] == []
    for path in (f"{USERS}/{user_id}", f"{USERS}/external_id/n"):
        assert (await called(program, "GET", path)).status == 404
    assert (await called(program, "PUT", f"{USERS}/{user_id}", {"name": "X"})).status == 404
    named = await called(program, "PUT", f"{USERS}/{user_id}", {"email": "n@alder.example"})
    assert (named.status, json.loads(named.body)["email"]) == (200, "n@alder.example")


async def test_identities_are_a_bare_array_with_what_the_provider_calls_the_person(
    program: Browser, browser: Browser
) -> None:
    user_id = (await begun(browser))["user"]["id"]
    (identity,) = await found(program, f"{USERS}/{user_id}/identities")
    assert list(identity) == ["idp_id", "type", "provider"]
    assert (identity["type"], identity["provider"]) == ("OAuth", "MicrosoftOAuth")
    assert len(identity["idp_id"]) == 36
    assert await found(program, f"{USERS}/{(await made(program))['id']}/identities") == []
    assert (await called(program, "GET", f"{USERS}/{NOBODY}/identities")).status == 404


async def test_identity_that_an_emulator_made_up_is_told_only_where_it_may_stand_in(
    program: Browser, broker: RunningBroker
) -> None:
    """Its ids are anybody's choice: a program that matches them with Microsoft's would take one person for another."""
    user = await made(program)
    own = ids.read("user", user["id"])
    assert own is not None
    async with broker.application.broker.store.transaction() as c:
        await insert_identity(c, an_identity(own, "emulator:t:1", emulator=True))
        await insert_identity(c, an_identity(own, "k2", provider="custom_gone", subject="s-2", emulator=True))
        await insert_identity(c, an_identity(own, "k3", provider="custom_gone", subject="s-3"))
    told = await found(program, f"{USERS}/{user['id']}/identities")
    assert [each["idp_id"] for each in told] == ["1", "s-3"]


async def test_every_application_reads_the_people_of_the_one_environment(program: Browser) -> None:
    grace = await made(program)
    page = await called(program, "GET", f"{USERS}/{grace['id']}", key=OTHER_API_KEY)
    assert json.loads(page.body) == grace


_ALL = [
    ("GET", USERS),
    ("POST", USERS),
    ("GET", f"{USERS}/external_id/42"),
    ("GET", f"{USERS}/{NOBODY}"),
    ("PUT", f"{USERS}/{NOBODY}"),
    ("DELETE", f"{USERS}/{NOBODY}"),
    ("GET", f"{USERS}/{NOBODY}/identities"),
    ("GET", f"{USERS}/{NOBODY}/sessions"),
    ("POST", REVOKE),
]


async def test_nobody_without_a_key_of_an_application_and_no_page_gets_in(program: Browser) -> None:
    with_page = {"Authorization": f"Bearer {API_KEY}", "Origin": "http://localhost:8888"}
    for method, path in _ALL:
        for key in (None, "sk_tests_0123456789abcdef0124", "client_01TESTS"):
            assert refused(await called(program, method, path, key=key)) == (401, {"message": "Unauthorized"})
        status, _ = refused(await program.send(method, path, headers=with_page))
        assert status == 403
