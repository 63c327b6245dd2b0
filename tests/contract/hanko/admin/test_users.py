"""The admin API's users, addresses, metadata, sessions and audit log, asked as a program of the operator's asks."""

import json
from typing import Any

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser, Page


class Operator:
    """A program with a key."""

    def __init__(self, browser: Browser, key: str, admin_url: str) -> None:
        self._browser = browser
        self._key = key
        self._url = admin_url

    async def ask(self, method: str, path: str, body: object = None) -> Page:
        headers = {"Authorization": f"Bearer {self._key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body)
        return await self._browser.send(method, self._url + path, data=data, headers=headers)


def told(page: Page) -> Any:
    return json.loads(page.body)


@pytest.fixture
async def operator(broker: RunningBroker, program: Browser) -> Operator:
    made = await broker.application.broker.api_keys.create("tests")
    return Operator(program, made.key, broker.admin_url)


async def test_user_is_made_read_changed_and_removed(operator: Operator) -> None:
    body = {"emails": [{"address": "Ann@Example.com", "is_primary": True, "is_verified": True}]}
    made = told(await operator.ask("POST", "/users", body))
    assert made["emails"][0]["address"] == "ann@example.com"
    changed = await operator.ask("PATCH", f"/users/{made['id']}", {"name": "Ann B", "picture": None})
    assert told(changed)["name"] == "Ann B"
    listed = await operator.ask("GET", "/users?email=nn%40&per_page=1")
    assert listed.headers["X-Total-Count"] == "1"
    assert listed.headers["Link"].endswith('/users?email=nn%40&page=1&per_page=1>; rel="first"')
    assert (await operator.ask("DELETE", f"/users/{made['id']}")).status == 204
    assert told(await operator.ask("GET", f"/users/{made['id']}")) == {"code": 404, "message": "user not found"}


async def test_wildcards_in_a_filter_are_letters(operator: Operator, alice: Browser) -> None:
    assert (await operator.ask("GET", "/users?email=%25")).headers["X-Total-Count"] == "0"
    assert (await operator.ask("GET", "/users?email=_lice")).headers["X-Total-Count"] == "0"
    assert (await operator.ask("GET", "/users?email=lice")).headers["X-Total-Count"] == "1"


async def test_session_in_a_users_name_lives_and_is_revoked(operator: Operator, alice: Browser) -> None:
    user_id = told(await alice.get("/me"))["id"]
    page = await operator.ask("POST", "/sessions", {"user_id": user_id, "ip_address": "203.0.113.5"})
    token = told(page)["session_token"]
    checked = told(await alice.send("POST", "/sessions/validate", json={"session_token": token}))
    assert checked["user_id"] == user_id
    sessions = told(await operator.ask("GET", f"/users/{user_id}/sessions"))
    assert {each["ip_address"] for each in sessions} >= {"203.0.113.5"}
    session_id = checked["claims"]["session_id"]
    assert (await operator.ask("DELETE", f"/users/{user_id}/sessions/{session_id}")).status == 204
    assert told(await alice.send("POST", "/sessions/validate", json={"session_token": token})) == {"is_valid": False}


async def test_end_of_a_session_is_told_with_who_ended_it(operator: Operator, alice: Browser) -> None:
    claims = told(await alice.get("/sessions/validate"))["claims"]
    await operator.ask("DELETE", f"/users/{claims['subject']}/sessions/{claims['session_id']}")
    (entry,) = told(await operator.ask("GET", "/audit_logs?type=session.ended"))
    assert entry["details"]["api_key"] == "tests"
    assert entry["meta_source_ip"] == "127.0.0.1"
    assert entry["meta_http_request_id"] != ""


async def test_metadata_is_merged_and_cleared(operator: Operator, alice: Browser) -> None:
    path = f"/users/{told(await alice.get('/me'))['id']}/metadata"
    assert (await operator.ask("GET", path)).status == 204
    await operator.ask("PATCH", path, {"public_metadata": {"a": 1, "b": {"c": 2}}, "private_metadata": {"p": True}})
    merged = told(await operator.ask("PATCH", path, {"public_metadata": {"a": None, "d": 4}}))
    assert merged == {"public_metadata": {"b": {"c": 2}, "d": 4}, "private_metadata": {"p": True}}
    assert (await operator.ask("PATCH", path, {"private_metadata": None, "public_metadata": None})).status == 204


async def test_audit_log_has_hankos_names_and_masks_addresses(operator: Operator, alice: Browser) -> None:
    entries = told(await operator.ask("GET", "/audit_logs?type=thirdparty_signup_succeeded"))
    assert [each["type"] for each in entries] == ["thirdparty_signup_succeeded"]
    assert entries[0]["actor_email"] == "a*****@alder.example"
    assert entries[0]["meta_source_ip"] == "127.0.0.1"
    assert told(await operator.ask("GET", "/audit_logs?actor_email=alice")) == []
    assert told(await operator.ask("GET", "/audit_logs?actor_email=a*****%40alder")) != []


async def test_key_opens_only_what_it_was_made_for(broker: RunningBroker, program: Browser) -> None:
    made = await broker.application.broker.api_keys.create("reader", scopes=("users:read",))
    reader = Operator(program, made.key, broker.admin_url)
    assert (await reader.ask("GET", "/users")).status == 200
    assert (await reader.ask("POST", "/users", {})).status == 403
    assert (await reader.ask("GET", "/audit_logs")).status == 403
