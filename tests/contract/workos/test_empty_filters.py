"""A filter without a value names nobody. A program that had nobody to name would take the first of all for them."""

from tests.browsers import Browser
from tests.contract.workos.people import USERS, found
from tests.contract.workos.sessions import begun
from tests.contract.workos.tenants import CONNECTIONS, MEMBERSHIPS, a_connection, an_organization


async def test_filter_without_a_value_finds_nobody(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    await a_connection(program, organization)
    user = (await begun(browser, start={"provider": None, "organization_id": organization}))["user"]["id"]
    for path in (
        f"{USERS}?email=",
        f"{USERS}?organization_id=",
        f"{USERS}?organization=",
        f"{USERS}?email=alice@alder.example&organization_id=",
        f"{CONNECTIONS}?organization_id=",
        f"{CONNECTIONS}?domain=",
        f"{MEMBERSHIPS}?organization_id=",
        f"{MEMBERSHIPS}?user_id={user}&organization_id=",
        "/events?events=user.created,session.created&organization_id=",
    ):
        assert (await found(program, path))["data"] == [], path
    assert [each["id"] for each in (await found(program, f"{USERS}?limit=1"))["data"]] == [user]
