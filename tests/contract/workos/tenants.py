"""Organizations of these tests, as an application's program makes them by the API."""

import json
from typing import Any, Final

from tests.browsers import Browser
from tests.contract.workos.people import called

ORGANIZATIONS: Final = "/organizations"
CONNECTIONS: Final = "/connections"
MEMBERSHIPS: Final = "/user_management/organization_memberships"
ALDER: Final = "a1de0000-0000-4000-8000-000000000001"
BIRCH: Final = "b12c0000-0000-4000-8000-000000000002"


async def done(program: Browser, method: str, path: str, status: int = 200, **body: Any) -> Any:
    """What a good answer of this status holds, if it holds anything."""
    page = await called(program, method, path, body or None)
    assert page.status == status, page.text
    return json.loads(page.body) if page.body else None


async def an_organization(program: Browser, name: str = "Alder Ltd", **members: Any) -> dict[str, Any]:
    """One that the program made."""
    answer: dict[str, Any] = await done(program, "POST", ORGANIZATIONS, 201, name=name, **members)
    return answer


async def a_connection(program: Browser, organization: str, **members: Any) -> dict[str, Any]:
    """One of an organization, at the environment's registration and in Alder's directory unless told otherwise."""
    given = {"organization_id": organization, "tenant": ALDER, **members}
    answer: dict[str, Any] = await done(program, "POST", CONNECTIONS, 201, **given)
    return answer


async def a_member(program: Browser, user: str, organization: str, **members: Any) -> dict[str, Any]:
    """A membership that the program made."""
    answer: dict[str, Any] = await done(
        program, "POST", MEMBERSHIPS, 201, user_id=user, organization_id=organization, **members
    )
    return answer
