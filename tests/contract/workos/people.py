"""An application's program at the management API, and what it finds there."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY

USERS: Final = "/user_management/users"
REVOKE: Final = "/user_management/sessions/revoke"
USER_KEYS: Final = [
    "object", "id", "email", "email_verified", "first_name", "last_name", "name", "profile_picture_url",
    "last_sign_in_at", "locale", "external_id", "metadata", "created_at", "updated_at",
]  # fmt: skip


async def called(
    program: Browser, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = API_KEY
) -> Page:
    """The answer to a program with this key; SDKs say JSON of every request, one without a body too."""
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    return await program.send(method, path, headers=headers, data=None if body is None else json.dumps(body))


async def found(program: Browser, path: str) -> Any:
    """What a good answer holds."""
    page = await called(program, "GET", path)
    assert page.status == 200, page.text
    assert page.headers["Content-Type"] == "application/json"
    return json.loads(page.body)


async def made(program: Browser, email: str = "grace@alder.example", **members: Any) -> dict[str, Any]:
    """A user that the program made."""
    page = await called(program, "POST", USERS, {"email": email, **members})
    assert page.status == 201, page.text
    answer: dict[str, Any] = json.loads(page.body)
    return answer


def refused(page: Page) -> tuple[int, Any]:
    """Status and body of a refusal, which is a JSON object."""
    assert page.headers["Content-Type"] == "application/json"
    assert page.headers["X-Request-Id"].startswith("req_")
    body = json.loads(page.body)
    assert isinstance(body, dict)
    return page.status, body


def faults(page: Page) -> tuple[int, dict[str, str]]:
    """What is wrong with which parameter."""
    status, body = refused(page)
    assert body["code"] == "invalid_request_parameters"
    return status, {each["field"]: each["code"] for each in body.get("errors", [])}
