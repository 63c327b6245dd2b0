"""What the admin API refuses, in the words that Hanko's has for it, recorded from a real one."""

import json
from typing import Any

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.admin.test_users import Operator, told

NOBODY = "00000000-0000-4000-8000-000000000000"
_BAD_USER = "failed to parse userId as uuid"
_GONE = "user not found"
_TAKEN = "failed to create user with id '{ann}': user already exists"
_OBJECT = "must be an object or null"
_IP = "must be a valid ip address (v4 or v6)"
_DOUBLED = "code=400, message={0}, internal={0}"
ONE = {"address": "one@example.com", "is_primary": True, "is_verified": True}
OTHER = {**ONE, "address": "two@example.com"}

CASES: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/users?user_id=x", None, 400, "failed to parse user_id as uuid"),
    ("GET", "/users?sort_direction=up", None, 400, "sort_direction must be desc or asc"),
    ("GET", "/users?page=x", None, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("POST", "/users", {}, 400, "at least one of [Emails, Username] must be set"),
    ("POST", "/users", {"emails": []}, 400, "at least one of [Emails, Username] must be set"),
    ("POST", "/users", {"emails": [{**ONE, "is_primary": False}]}, 400, "at least one primary email must be provided"),
    ("POST", "/users", {"emails": [ONE, OTHER]}, 400, "only one primary email is allowed"),
    ("POST", "/users", {"emails": [ONE, {**ONE, "is_primary": False}]}, 400, "emails entries are not unique"),
    ("POST", "/users", {"emails": [{**ONE, "address": "x"}]}, 400, "address must be a valid email address"),
    ("POST", "/users", {"id": "{ann}", "emails": [ONE]}, 409, _TAKEN),
    ("GET", f"/users/{NOBODY}", None, 404, _GONE),
    ("GET", "/users/x", None, 400, _BAD_USER),
    ("PATCH", "/users/{ann}", {"name": " "}, 400, "name must be a non-empty string or null"),
    ("PATCH", "/users/{ann}", {"picture": "x"}, 400, "picture must be a valid http(s) URL or null"),
    ("PATCH", f"/users/{NOBODY}", {}, 404, _GONE),
    ("PATCH", "/users/x", {}, 400, _BAD_USER),
    ("DELETE", f"/users/{NOBODY}", None, 404, _GONE),
    ("DELETE", "/users/x", None, 400, _BAD_USER),
    ("PATCH", "/users/{ann}/metadata", [], 400, _DOUBLED.format("patch metadata must be null or object")),
    ("PATCH", "/users/{ann}/metadata", {"public_metadata": "x"}, 400, _DOUBLED.format(f"public_metadata {_OBJECT}")),
    ("PATCH", f"/users/{NOBODY}/metadata", {}, 404, _GONE),
    ("GET", f"/users/{NOBODY}/metadata", None, 404, _GONE),
    ("GET", "/users/x/metadata", None, 400, "invalid user id"),
    ("DELETE", "/users/{ann}/emails/{email}", None, 409, "Conflict"),
    ("POST", "/users/{ann}/emails", {"address": "ann@example.com"}, 400, "Bad Request"),
    ("POST", "/users/{ann}/emails", {"address": "x"}, 400, "code=400, message=address must be a valid email address"),
    ("POST", "/users/{ann}/emails", {}, 400, "code=400, message=address is a required field"),
    ("GET", f"/users/{{ann}}/emails/{NOBODY}", None, 404, f"email with id '{NOBODY}' was not found"),
    ("DELETE", f"/users/{{ann}}/emails/{NOBODY}", None, 404, f"email with id '{NOBODY}' was not found"),
    ("GET", "/users/{ann}/emails/x", None, 400, "code=400, message=EmailId must be a valid uuid4"),
    ("GET", "/users/x/emails", None, 400, "code=400, message=UserId must be a valid uuid"),
    ("POST", f"/users/{{ann}}/emails/{NOBODY}/set_primary", None, 404, "Not Found"),
    ("POST", "/sessions", {}, 400, "user_id is a required field"),
    ("POST", "/sessions", {"user_id": "x"}, 400, "user_id must be a valid uuid"),
    ("POST", "/sessions", {"user_id": NOBODY}, 404, _GONE),
    ("POST", "/sessions", {"user_id": "{ann}", "ip_address": "x"}, 400, f"ip_address {_IP}"),
    ("GET", f"/users/{NOBODY}/sessions", None, 404, "Not Found"),
    ("GET", "/users/x/sessions", None, 400, "code=400, message=UserID must be a valid uuid"),
    ("DELETE", f"/users/{{ann}}/sessions/{NOBODY}", None, 404, "Not Found"),
    ("DELETE", "/users/{ann}/sessions/x", None, 400, "code=400, message=SessionID must be a valid uuid4"),
    ("GET", "/users/{ann}/password", None, 404, "Not Found"),
    ("GET", "/users/{ann}/otp", None, 404, "Not Found"),
    ("GET", "/users/{ann}/identities", None, 404, "Not Found"),
    ("GET", "/audit_logs?per_page=x", None, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
]  # fmt: skip


@pytest.fixture
async def operator(broker: RunningBroker, program: Browser) -> Operator:
    made = await broker.application.broker.api_keys.create("tests")
    return Operator(program, made.key, broker.admin_url)


async def test_refusals_are_those_that_were_recorded(operator: Operator) -> None:
    ann = {"emails": [{"address": "ann@example.com", "is_primary": True, "is_verified": True}]}
    made = told(await operator.ask("POST", "/users", ann))
    names = {"{ann}": made["id"], "{email}": made["emails"][0]["id"]}
    differing = []
    for method, path, body, status, text in CASES:
        case = json.dumps([path, body, text])
        for name, value in names.items():
            case = case.replace(name, value)
        asked, sent, expected = json.loads(case)
        page = await operator.ask(method, asked, sent)
        if (page.status, told(page)) != (status, {"code": status, "message": expected}):
            differing.append(f"{method} {asked} {sent}: {page.status} {page.text}, not {status} {expected}")
    assert not differing, "\n".join(differing)
