"""Who would like to get into an organization that is not theirs, and a second replica that knows nothing yet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from broker.web.workos import ids
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.hosted.pages import alert, choose, follow
from tests.contract.workos.applications import authorize_url, served, signed_in
from tests.contract.workos.people import called, found
from tests.contract.workos.sessions import begun
from tests.contract.workos.tenants import CONNECTIONS, MEMBERSHIPS, a_connection, a_member, an_organization, done
from tests.peers.microsoft import MicrosoftPeer

FIRST = "c11e0000-0000-4000-8000-00000000000c"
SECRET = "emulator-secret"
_NAME = "http://localhost:8000"
"""What browsers call both brokers; nothing listens there."""


def at(emulator: MicrosoftPeer, **more: object) -> dict[str, object]:
    """Microsoft is a cloud with registrations of its own, which is what a stand-in's are not."""
    microsoft = {"client_id": FIRST, "secret": SECRET, "cloud": "custom", "authority": emulator.base_url, **more}
    return served() | {"third_party.providers": {"microsoft": microsoft}}


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=at(emulator)) as running:
        yield running


def hers(organization: str) -> dict[str, str | None]:
    """Grace's sign-in for an organization."""
    return {"provider": None, "login_hint": "auto:grace", "organization_id": organization}


async def error_for(browser: Browser, person: str, **selector: str) -> str | None:
    start = authorize_url(provider=None, login_hint=f"auto:{person}", **selector)
    return (await signed_in(browser, start)).query.get("error")


async def test_an_address_that_a_stranger_wrote_into_their_directory_opens_no_organization(
    program: Browser, browser: Browser
) -> None:
    """Mallory's own directory calls her alice@alder.example, and anybody's directory may use the registration."""
    organization = (await an_organization(program, domains=["alder.example"]))["id"]
    connection = {"tenant": "common", "client_id": FIRST, "client_secret": SECRET}
    theirs = (await a_connection(program, organization, **connection))["id"]
    outside = "profile_not_allowed_outside_organization"
    assert await error_for(browser, "mallory", connection_id=theirs) == outside
    assert await error_for(browser, "dave", connection_id=theirs) == outside
    assert (await found(program, f"{MEMBERSHIPS}?organization_id={organization}"))["data"] == []
    assert await error_for(browser, "alice", connection_id=theirs) is None
    assert len((await found(program, f"{MEMBERSHIPS}?organization_id={organization}"))["data"]) == 1


async def test_a_domain_that_nobody_verified_opens_no_organization(program: Browser, browser: Browser) -> None:
    data = [{"domain": "alder.example", "state": "pending"}]
    organization = (await an_organization(program, domain_data=data, allow_profiles_outside_organization=True))["id"]
    connection = {"tenant": "organizations", "client_id": FIRST, "client_secret": SECRET}
    theirs = (await a_connection(program, organization, **connection))["id"]
    assert await error_for(browser, "alice", connection_id=theirs) == "profile_not_allowed_outside_organization"


async def test_a_guest_of_the_directory_comes_in_only_with_an_address_of_the_organization(
    program: Browser, browser: Browser
) -> None:
    """Grace is a guest in Alder's directory, and her address is elsewhere."""
    closed = (await an_organization(program, "Closed", domains=["alder.example"]))["id"]
    await a_connection(program, closed)
    opened = (await an_organization(program, "Open", allow_profiles_outside_organization=True))["id"]
    await a_connection(program, opened)
    assert await error_for(browser, "grace", organization_id=closed) == "profile_not_allowed_outside_organization"
    assert await error_for(browser, "grace", organization_id=opened) is None


async def test_whom_an_application_made_a_member_comes_in_whatever_their_address(
    program: Browser, browser: Browser
) -> None:
    opened = (await an_organization(program, "Open"))["id"]
    await a_connection(program, opened)
    user = (await begun(browser, start=hers(opened)))["user"]["id"]
    organization = (await an_organization(program, domains=["alder.example"]))["id"]
    await a_connection(program, organization)
    assert await error_for(browser, "grace", organization_id=organization) is not None
    await a_member(program, user, organization)
    assert await error_for(browser, "grace", organization_id=organization) is None


async def test_our_page_lets_members_into_an_organization_and_nobody_else(program: Browser, browser: Browser) -> None:
    organization = (await an_organization(program))["id"]
    user = (await begun(browser))["user"]["id"]
    start = authorize_url(provider="authkit", organization_id=organization)
    page = await choose(browser, await follow(browser, start), "Continue with Microsoft")
    assert "does not belong to the organisation" in alert(page)
    await a_member(program, user, organization)
    page = await choose(browser, await follow(browser, start), "Continue with Microsoft")
    assert "code" in page.query


async def test_a_connection_that_one_replica_made_signs_in_by_another(
    postgres_url: str, tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                running_broker(
                    base_dir=tmp_path,
                    emulator=emulator,
                    database=postgres_url,
                    public_url=_NAME,
                    changes=at(emulator),
                )
            )
            for _ in range(2)
        ]
        program, browser = [await stack.enter_async_context(first.browser()) for _ in range(2)]
        organization = (await an_organization(program))["id"]
        theirs = (await a_connection(program, organization))["id"]
        start = authorize_url(provider=None, login_hint="auto:alice", connection_id=theirs)
        browser.reach = second.reach
        page = await browser.get(start)
        assert page.location is not None
        at_callback = await browser.get(page.location)
        assert at_callback.location is not None
        browser.reach = first.reach
        assert "code" in (await browser.get(at_callback.location)).query
        await done(program, "PATCH", f"{CONNECTIONS}/{theirs}", state="inactive")
        browser.reach = second.reach
        assert (await browser.get(start)).query["error"] == "connection_unlinked"


async def test_no_tenant_and_no_cloud_leads_us_to_a_host_of_somebodys_choice(program: Browser) -> None:
    organization = (await an_organization(program))["id"]
    own = {"client_id": "0b1e0000-0000-4000-8000-000000000001", "client_secret": "their own secret"}
    for wrong in (
        {"tenant": "evil.example/x"},
        {"tenant": "evil.example@host"},
        {"tenant": "..%2fcommon"},
        {"tenant": "a.example?x=1"},
        {"tenant": "a.example#"},
        {"tenant": "\\evil.example"},
        {"tenant": "common", "cloud": "custom"},
        {"tenant": "common", "cloud": "emulator"},
    ):
        page = await called(program, "POST", CONNECTIONS, {"organization_id": organization, **own, **wrong})
        assert page.status == 422, wrong
    ignored = {"authority": "https://evil.example", "hosts": ["evil.example"], "graph": "https://evil.example"}
    made = await a_connection(program, organization, **own, **ignored)
    page = await program.get(authorize_url(provider=None, connection_id=made["id"]))
    assert page.location is not None
    assert "evil.example" not in page.location
    assert ids.read("conn", made["id"]) is not None
