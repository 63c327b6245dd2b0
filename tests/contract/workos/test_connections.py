"""`/connections`: the environment's, and those of organizations, which are made here by an extension of ours."""

from typing import Any

from broker.web.workos import ids
from tests.browsers import Browser
from tests.contract.workos.people import called, faults, found, refused
from tests.contract.workos.tenants import ALDER, CONNECTIONS, a_connection, an_organization, done

OWN = "0b1e0000-0000-4000-8000-000000000001"
SECRET = "a secret of their own registration"
NOWHERE = ids.spelled("conn", "0199a000-0000-7000-8000-000000000000")


FAULTS: list[tuple[dict[str, Any], set[str]]] = [
    ({"tenant": None}, {"tenant"}),
    ({"connection_type": "OktaSAML"}, {"connection_type"}),
    ({"saml_options": {}, "oidc_options": {}}, {"saml_options", "oidc_options"}),
    ({"cloud": "moon"}, {"cloud"}),
    ({"domains": ["no domain"]}, {"domains"}),
    ({"tenant": "common"}, set()),
    ({"tenant": "9188040D-6c67-4c5b-b112-36a304b66dad"}, set()),
    ({"tenant": "no tenant"}, set()),
    ({"client_secret": SECRET}, set()),
    ({"client_id": OWN}, set()),
    ({"client_id": OWN, "client_secret": OWN}, set()),
    ({"client_id": "c11e0000-0000-4000-8000-000000000001", "client_secret": "emulator-secret"}, set()),
]


async def test_the_environments_connection_is_the_configured_provider(program: Browser) -> None:
    [ours] = (await found(program, f"{CONNECTIONS}?connection_type=MicrosoftOAuth"))["data"]
    assert (ours["object"], ours["connection_type"], ours["name"], ours["state"], ours["organization_id"]) == (
        "connection",
        "MicrosoftOAuth",
        "Microsoft",
        "active",
        None,
    )
    assert ours["domains"] == []
    assert await found(program, f"{CONNECTIONS}/{ours['id']}") == ours
    for method in ("DELETE", "PATCH"):
        assert refused(await called(program, method, f"{CONNECTIONS}/{ours['id']}", {"name": "x"}))[0] == 403


async def test_a_connection_has_all_that_the_sdks_parse_and_no_secret(program: Browser) -> None:
    organization = (await an_organization(program))["id"]
    made = await a_connection(
        program, organization, client_id=OWN, client_secret=SECRET, domains=["Alder.example"], name="Theirs"
    )
    assert made["id"].startswith("conn_")
    assert (made["organization_id"], made["connection_type"], made["name"], made["state"], made["status"]) == (
        organization,
        "MicrosoftOAuth",
        "Theirs",
        "active",
        "linked",
    )
    assert [(each["object"], each["domain"]) for each in made["domains"]] == [("connection_domain", "alder.example")]
    page = await called(program, "GET", f"{CONNECTIONS}/{made['id']}")
    assert SECRET not in page.text
    assert "sealed" not in page.text
    assert await found(program, f"{CONNECTIONS}/{made['id']}") == made
    events = await called(program, "GET", "/events?events=connection.activated")
    assert made["id"] in events.text
    assert SECRET not in events.text
    assert "sealed" not in events.text


async def test_a_connection_is_switched_off_and_on_and_removed(program: Browser) -> None:
    made = await a_connection(program, (await an_organization(program))["id"])
    path = f"{CONNECTIONS}/{made['id']}"
    off = await done(program, "PATCH", path, state="inactive", name="Off")
    assert (off["state"], off["status"], off["name"]) == ("inactive", "unlinked", "Off")
    assert (await done(program, "PATCH", path, state="active"))["state"] == "active"
    await done(program, "DELETE", path, 204)
    assert (await called(program, "GET", path)).status == 404
    assert (await called(program, "DELETE", path)).status == 404


async def test_a_connection_that_the_application_named_is_made_once(program: Browser) -> None:
    organization = (await an_organization(program))["id"]
    first = await a_connection(program, organization, external_id="c-1")
    assert await a_connection(program, organization, external_id="c-1") == first


async def test_what_could_sign_nobody_in_or_anybody_is_not_made(program: Browser) -> None:
    organization = (await an_organization(program))["id"]
    for members, fields in FAULTS:
        body = {"organization_id": organization, "tenant": ALDER} | members
        page = await called(program, "POST", CONNECTIONS, body)
        status, wrong = faults(page)
        assert (status, set(wrong)) == (422, fields), members
        assert SECRET not in page.text
    assert (await found(program, f"{CONNECTIONS}?organization_id={organization}"))["data"] == []


async def test_what_a_connection_asks_cannot_be_changed(program: Browser) -> None:
    made = await a_connection(program, (await an_organization(program))["id"])
    path = f"{CONNECTIONS}/{made['id']}"
    for change in ({"tenant": "birch.example"}, {"client_id": OWN}, {"cloud": "usgov"}, {"organization_id": "org_1"}):
        assert faults(await called(program, "PATCH", path, change))[1] == {
            name: f"{name}_cannot_change" for name in change
        }
    assert faults(await called(program, "PATCH", path, {"state": "gone"}))[1] == {"state": "state_unknown"}
    assert faults(await called(program, "PATCH", path, {"client_secret": SECRET}))[0] == 422


async def test_nobody_makes_one_for_an_organization_that_is_not_there(program: Browser) -> None:
    nowhere = NOWHERE.replace("conn", "org")
    for organization in (nowhere, "org_1", NOWHERE):
        page = await called(program, "POST", CONNECTIONS, {"organization_id": organization, "tenant": ALDER})
        assert refused(page)[0] == 404
    for name in (NOWHERE, "conn_1", nowhere):
        assert refused(await called(program, "GET", f"{CONNECTIONS}/{name}"))[0] == 404


async def test_the_list_leads_from_the_environments_through_organizations_and_back(program: Browser) -> None:
    [ours] = (await found(program, CONNECTIONS))["data"]
    alder, birch = await an_organization(program), await an_organization(program, "Birch", domains=["birch.example"])
    theirs = [
        (await a_connection(program, each["id"], **more))["id"]
        for each, more in ((alder, {}), (birch, {"domains": ["birch.test"]}), (alder, {"name": "Second"}))
    ]
    everything = [ours["id"], *theirs[::-1]]

    async def ids_of(query: str) -> list[str]:
        return [each["id"] for each in (await found(program, f"{CONNECTIONS}?{query}"))["data"]]

    assert await ids_of("limit=100") == everything
    for limit in (1, 2, 3):
        walked: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await found(program, f"{CONNECTIONS}?limit={limit}&after={after}")
            assert len(page["data"]) <= limit
            assert (page["list_metadata"]["before"] is None) == (not walked)
            walked += [each["id"] for each in page["data"]]
            after = page["list_metadata"]["after"]
        assert walked == everything
        back: list[str] = []
        before: str | None = everything[-1]
        while before is not None:
            page = await found(program, f"{CONNECTIONS}?limit={limit}&before={before}")
            back = [*(each["id"] for each in page["data"]), *back]
            before = page["list_metadata"]["before"]
        assert back == everything[:-1]
    assert await ids_of("order=asc") == [ours["id"], *theirs]
    assert await ids_of(f"organization_id={alder['id']}") == [theirs[2], theirs[0]]
    assert await ids_of("domain=birch.test") == await ids_of("domain=birch.example") == [theirs[1]]
    assert await ids_of("search=second") == [theirs[2]]
    assert await ids_of("search=micro") == [ours["id"]]
    assert await ids_of("connection_type=OktaSAML") == []
    assert await ids_of("organization_id=org_1") == await ids_of("domain=none") == []
