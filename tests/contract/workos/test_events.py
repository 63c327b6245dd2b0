"""`GET /events`: what happened, as programs follow it; and nobody without a key does."""

import json
from typing import Any

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, OTHER_API_KEY, signed_in
from tests.contract.workos.sessions import begun

ALL = "user.created,user.updated,user.deleted,authentication.oauth_succeeded,session.created,session.revoked"
KEY = {"Authorization": f"Bearer {API_KEY}"}


async def asked(program: Browser, query: str = f"events={ALL}", key: str | None = API_KEY) -> Page:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return await program.send("GET", f"/events?{query}", headers=headers)


async def listed(program: Browser, query: str = f"events={ALL}") -> dict[str, Any]:
    page = await asked(program, query)
    assert page.status == 200, page.text
    found: dict[str, Any] = json.loads(page.body)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [event["event"] for event in found["data"]]


async def test_sign_in_is_told_oldest_first_with_the_objects_of_the_api(program: Browser, browser: Browser) -> None:
    answer = await begun(browser)

    found = await listed(program)
    assert found["object"] == "list"
    assert found["list_metadata"] == {"before": None, "after": None}
    assert names(found) == ["user.created", "authentication.oauth_succeeded", "session.created"]
    created, authenticated, session = found["data"]
    for event in found["data"]:
        assert list(event) == ["object", "id", "event", "data", "created_at", "context"]
        assert event["object"] == "event"
        assert event["id"].startswith("event_")
        assert event["created_at"].endswith(".000Z")
    assert created["data"].keys() == answer["user"].keys()
    assert (created["data"]["id"], created["data"]["email"]) == (answer["user"]["id"], "alice@alder.example")
    assert authenticated["data"] == {
        "type": "oauth",
        "status": "succeeded",
        "ip_address": "127.0.0.1",
        "user_agent": authenticated["data"]["user_agent"],
        "user_id": answer["user"]["id"],
        "email": "alice@alder.example",
        "provider": "MicrosoftOAuth",
    }
    assert session["data"]["user_id"] == answer["user"]["id"]
    assert (session["data"]["object"], session["data"]["status"], session["data"]["ended_at"]) == (
        "session",
        "active",
        None,
    )


async def test_session_that_is_revoked_is_told_with_its_end(
    program: Browser, browser: Browser, broker: RunningBroker
) -> None:
    await begun(browser)
    made = (await listed(program, "events=session.created"))["data"][0]["data"]
    await browser.get(f"/user_management/sessions/logout?session_id={made['id']}")

    (event,) = (await listed(program, "events=session.revoked"))["data"]
    assert event["data"]["id"] == made["id"]
    assert (event["data"]["status"], event["data"]["ended_at"]) == ("revoked", event["created_at"])
    assert event["data"].keys() == made.keys()


async def test_session_of_another_face_is_nothing_that_these_programs_are_told(
    program: Browser, browser: Browser
) -> None:
    await browser.sign_in("alice")
    assert names(await listed(program)) == ["user.created", "authentication.oauth_succeeded"]


async def test_list_is_followed_page_by_page_and_back(program: Browser, browser: Browser) -> None:
    await begun(browser)
    everything = [event["id"] for event in (await listed(program))["data"]]

    first = await listed(program, f"events={ALL}&limit=2")
    assert [event["id"] for event in first["data"]] == everything[:2]
    assert first["list_metadata"] == {"before": None, "after": everything[1]}
    second = await listed(program, f"events={ALL}&limit=2&after={everything[1]}")
    assert [event["id"] for event in second["data"]] == everything[2:]
    assert second["list_metadata"] == {"before": everything[2], "after": None}
    back = await listed(program, f"events={ALL}&before={everything[2]}")
    assert [event["id"] for event in back["data"]] == everything[:2]
    newest = await listed(program, f"events={ALL}&order=desc&limit=1")
    assert [event["id"] for event in newest["data"]] == everything[2:]
    assert (await listed(program, f"events={ALL}&after={everything[2]}"))["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "events=user.created&events=session.created",
        "events%5B%5D=user.created&events%5B%5D=session.created",
        "events=user.created%2Csession.created",
        "events=user.created,session.created&shoe_size=47",
    ],
)
async def test_names_are_read_as_each_sdk_sends_them(program: Browser, browser: Browser, query: str) -> None:
    await begun(browser)
    assert names(await listed(program, query)) == ["user.created", "session.created"]


async def test_range_and_organization_narrow_the_list(program: Browser, browser: Browser) -> None:
    await begun(browser)
    assert len((await listed(program, f"events={ALL}&range_start=2020-01-01T00:00:00.000Z"))["data"]) == 3
    assert len((await listed(program, f"events={ALL}&range_end=2020-01-01T00:00:00.000Z"))["data"]) == 0
    assert len((await listed(program, f"events={ALL}&range_start=2999-01-01T00%3A00%3A00%2B00%3A00"))["data"]) == 0
    for organization in ("org_01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense"):
        assert (await listed(program, f"events={ALL}&organization_id={organization}"))["data"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "events"),
        ("events=", "events"),
        ("events=user.created'--", "events"),
        ("events=" + ",".join(f"a.b{'c' * n}" for n in range(30)) + ",nodot", "events"),
        ("events=user.created&limit=0", "limit"),
        ("events=user.created&limit=101", "limit"),
        ("events=user.created&order=sideways", "order"),
        ("events=user.created&after=user_01ARZ3NDEKTSV4RRFFQ69G5FAV", "after"),
        ("events=user.created&before=%00", "before"),
        ("events=user.created&range_start=yesterday", "range_start"),
        ("events=user.created&range_end=99999999-01-01T00:00:00Z", "range_end"),
    ],
)
async def test_parameter_that_cannot_be_read_is_named(program: Browser, query: str, field: str) -> None:
    page = await asked(program, query)
    found = json.loads(page.body)
    assert (page.status, found["code"]) == (422, "invalid_request_parameters")
    assert [each["field"] for each in found["errors"]] == [field]
    assert found["errors"][0]["code"].startswith(f"{field}_"), "the Node SDK shows nothing but the code"


async def test_parameter_that_is_there_twice_is_refused(program: Browser) -> None:
    """Of two organizations somebody between us and the program may have read the other."""
    twice = "organization_id=org_01ARZ3NDEKTSV4RRFFQ69G5FAV&organization_id=org_01ARZ3NDEKTSV4RRFFQ69G5FAW"
    assert (await asked(program, f"events=user.created&{twice}")).status == 422


async def test_reader_whose_event_is_long_gone_begins_anew(program: Browser, browser: Browser) -> None:
    await begun(browser)
    assert len((await listed(program, f"events={ALL}&after=event_01ARZ3NDEKTSV4RRFFQ69G5FAV"))["data"]) == 3


@pytest.mark.parametrize("key", [None, "sk_wrong_0123456789abcdef0123", CLIENT_ID, ""])
async def test_events_are_for_nobody_without_a_key_of_an_application(
    program: Browser, browser: Browser, key: str | None
) -> None:
    answer = await begun(browser)
    for unverified in (key, answer["access_token"], answer["refresh_token"] if key is None else key):
        page = await asked(program, key=unverified)
        assert (page.status, json.loads(page.body)) == (401, {"message": "Unauthorized"})


async def test_each_application_of_the_deployment_sees_its_events(program: Browser, browser: Browser) -> None:
    """One deployment is one environment: its people are everybody's, whose key is valid."""
    await begun(browser)
    page = await asked(program, key=OTHER_API_KEY)
    assert len(json.loads(page.body)["data"]) == 3


async def test_no_page_reads_events_even_with_a_key(program: Browser) -> None:
    page = await program.send("GET", f"/events?events={ALL}", headers={**KEY, "Origin": "http://localhost:8888"})
    assert page.status == 403


async def test_sign_in_that_failed_is_no_event(program: Browser, browser: Browser) -> None:
    await signed_in(browser, None)
    before = (await listed(program))["data"]
    await browser.get("/user_management/authorize?client_id=client_01TESTS&provider=Nobody")
    assert (await listed(program))["data"] == before
