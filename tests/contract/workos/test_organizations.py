"""`/organizations`: customers' customers as an application's program keeps them."""

import itertools
import json
from urllib.parse import quote

from broker.web.workos import ids
from tests.browsers import Browser
from tests.contract.workos.people import called, faults, found, refused
from tests.contract.workos.tenants import CONNECTIONS, MEMBERSHIPS, ORGANIZATIONS, an_organization, done

NOWHERE = ids.spelled("org", "0199a000-0000-7000-8000-000000000000")
KEYS = [
    "object", "id", "name", "allow_profiles_outside_organization", "domains", "stripe_customer_id", "external_id",
    "metadata", "created_at", "updated_at",
]  # fmt: skip


FAULTS: list[tuple[dict[str, object], dict[str, str]]] = [
    ({}, {"name": "name_required"}),
    ({"name": ""}, {"name": "name_required"}),
    ({"name": 7}, {"name": "name_must_be_string"}),
    ({"name": "x" * 256}, {"name": "name_too_long"}),
    ({"name": "a\nb"}, {"name": "name_invalid"}),
    ({"name": "A", "domains": "alder.example"}, {"domains": "domains_must_be_array"}),
    ({"name": "A", "domains": ["no domain"]}, {"domains": "domains_invalid"}),
    ({"name": "A", "domains": ["localhost"]}, {"domains": "domains_invalid"}),
    (
        {"name": "A", "domain_data": [{"domain": "a.test", "state": "maybe"}]},
        {"domain_data": "domain_data_invalid"},
    ),
    ({"name": "A", "domain_data": ["a.test"]}, {"domain_data": "domain_data_invalid"}),
    ({"name": "A", "metadata": []}, {"metadata": "metadata_invalid"}),
    ({"name": "A", "metadata": {"k": 7}}, {"metadata": "metadata_invalid"}),
    ({"name": "A", "metadata": {"k": "v" * 601}}, {"metadata": "metadata_invalid"}),
    ({"name": "A", "metadata": {"k" * 41: "v"}}, {"metadata": "metadata_invalid"}),
    ({"name": "A", "external_id": "x" * 129}, {"external_id": "external_id_too_long"}),
    (
        {"name": "A", "allow_profiles_outside_organization": "yes"},
        {"allow_profiles_outside_organization": "allow_profiles_outside_organization_must_be_boolean"},
    ),
]


async def test_an_organization_has_all_that_the_sdks_parse(program: Browser) -> None:
    data = [{"domain": "ALDER.example", "state": "verified"}, {"domain": "alder.test", "state": "pending"}]
    made = await an_organization(program, domain_data=data, external_id="customer 7/ü", metadata={"plan": "big"})
    assert list(made) == KEYS
    assert made["id"].startswith("org_")
    assert (made["object"], made["name"], made["allow_profiles_outside_organization"]) == (
        "organization",
        "Alder Ltd",
        False,
    )
    assert [(each["object"], each["domain"], each["state"]) for each in made["domains"]] == [
        ("organization_domain", "alder.example", "verified"),
        ("organization_domain", "alder.test", "pending"),
    ]
    assert all(each["organization_id"] == made["id"] for each in made["domains"])
    assert made["created_at"].endswith("Z")
    assert len(made["created_at"]) == 24
    assert await found(program, f"{ORGANIZATIONS}/{made['id']}") == made
    assert await found(program, f"{ORGANIZATIONS}/external_id/{quote('customer 7/ü')}") == made
    assert await found(program, f"{ORGANIZATIONS}/external_id/{quote('customer 7/ü', safe='')}") == made


async def test_what_is_absent_stays_and_what_is_null_goes(program: Browser) -> None:
    made = await an_organization(program, external_id="c-7", metadata={"a": "1", "b": "2"}, domains=["alder.example"])
    path = f"{ORGANIZATIONS}/{made['id']}"
    renamed = await done(program, "PUT", path, name="Alder plc", metadata={"a": None, "c": "3"})
    assert (renamed["name"], renamed["metadata"], renamed["external_id"]) == ("Alder plc", {"b": "2", "c": "3"}, "c-7")
    assert renamed["domains"] == made["domains"]
    cleared = await done(program, "PUT", path, metadata=None, external_id=None, domain_data=[])
    assert (cleared["metadata"], cleared["external_id"], cleared["domains"]) == ({}, None, [])
    opened = await done(program, "PUT", path, allow_profiles_outside_organization=True)
    assert (opened["allow_profiles_outside_organization"], opened["name"]) == (True, "Alder plc")


async def test_an_organization_goes_and_its_name_for_the_application_is_free(program: Browser) -> None:
    made = await an_organization(program, external_id="c-7")
    await done(program, "DELETE", f"{ORGANIZATIONS}/{made['id']}", 204)
    assert (await called(program, "GET", f"{ORGANIZATIONS}/{made['id']}")).status == 404
    assert (await called(program, "DELETE", f"{ORGANIZATIONS}/{made['id']}")).status == 404
    await an_organization(program, external_id="c-7")


async def test_what_is_taken_is_a_conflict(program: Browser) -> None:
    await an_organization(program, external_id="c-7", domains=["alder.example"])
    for taken in ({"external_id": "c-7"}, {"domains": ["alder.example"]}):
        status, body = refused(await called(program, "POST", ORGANIZATIONS, {"name": "Birch", **taken}))
        assert (status, body["code"]) == (409, "conflict")


async def test_what_is_not_there_is_404_with_a_code(program: Browser) -> None:
    for name in (NOWHERE, "org_1", NOWHERE.replace("org", "user"), "org_%00", "external_id/", "external_id/%00"):
        status, body = refused(await called(program, "GET", f"{ORGANIZATIONS}/{name}"))
        assert (status, body["code"], set(body)) == (404, "entity_not_found", {"code", "message"})
    for method in ("PUT", "DELETE"):
        assert (await called(program, method, f"{ORGANIZATIONS}/{NOWHERE}", {"name": "x"})).status == 404


async def test_what_cannot_be_read_is_422_field_by_field(program: Browser) -> None:
    for body, fields in FAULTS:
        assert faults(await called(program, "POST", ORGANIZATIONS, body)) == (422, fields)
    assert (await found(program, ORGANIZATIONS))["data"] == []


async def test_list_is_filtered_and_leads_to_its_end_and_back(program: Browser) -> None:
    made = [await an_organization(program, f"Nr {number}", domains=[f"d{number}.test"]) for number in range(5)]
    names = [each["id"] for each in made][::-1]
    first = await found(program, f"{ORGANIZATIONS}?limit=2&order=desc")
    assert [each["id"] for each in first["data"]] == names[:2]
    assert first["list_metadata"] == {"before": None, "after": names[1]}
    second = await found(program, f"{ORGANIZATIONS}?limit=2&after={names[1]}")
    assert second["list_metadata"] == {"before": names[2], "after": names[3]}
    back = await found(program, f"{ORGANIZATIONS}?limit=2&before={names[2]}")
    assert back == first
    by_python = await found(program, f"{ORGANIZATIONS}?domains=d1.test%2CD3.test")
    by_node = await found(program, f"{ORGANIZATIONS}?domains=d1.test&domains=d3.test")
    assert [each["id"] for each in by_python["data"]] == [names[1], names[3]]
    assert by_node == by_python
    assert (await found(program, f"{ORGANIZATIONS}?domains=no%20domain"))["data"] == []
    assert [each["name"] for each in (await found(program, f"{ORGANIZATIONS}?search=nr+4"))["data"]] == ["Nr 4"]
    assert faults(await called(program, "GET", f"{ORGANIZATIONS}?after=user_1")) == (422, {"after": "after_invalid"})


async def test_what_no_name_holds_is_sought_nowhere(program: Browser) -> None:
    """One engine keeps no NUL, the other compares no pattern of more than 50,000 characters, which these become."""
    for path, searched in itertools.product((ORGANIZATIONS, CONNECTIONS), ("%00", "a%00b", "%1b", "_" * 30_000)):
        page = await called(program, "GET", f"{path}?search={searched}")
        assert faults(page) == (422, {"search": "search_invalid"}), (path, searched[:9])


async def test_nobody_reads_or_writes_without_a_key(program: Browser) -> None:
    paths = (ORGANIZATIONS, CONNECTIONS, MEMBERSHIPS, f"{ORGANIZATIONS}/{NOWHERE}")
    keys = (None, "sk_wrong_0123456789abcdef0123", "bk_operators_key_0123456789")
    for path, key in itertools.product(paths, keys):
        status, body = refused(await called(program, "GET", path, key=key))
        assert (status, body) == (401, {"message": "Unauthorized"})
    page = await program.send(
        "GET",
        ORGANIZATIONS,
        headers={"Authorization": "Bearer sk_tests_0123456789abcdef0123", "Origin": "http://localhost:8888"},
    )
    assert page.status == 403


async def test_what_an_application_did_stands_in_the_trail(program: Browser) -> None:
    made = await an_organization(program)
    await done(program, "PUT", f"{ORGANIZATIONS}/{made['id']}", name="New")
    events = await found(program, "/events?events=organization.created&events=organization.updated&order=asc")
    assert [(each["event"], each["data"]["id"]) for each in events["data"]] == [
        ("organization.created", made["id"]),
        ("organization.updated", made["id"]),
    ]
    assert json.dumps(events["data"][0]["data"]) == json.dumps(made)
