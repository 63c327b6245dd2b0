"""Connections of organizations where the environment has a stand-in for Microsoft, no registration, or other rules."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from broker.errors import SealBroken
from broker.web.workos import ids
from tests.brokers import running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import application, authorize_url, served, signed_in
from tests.contract.workos.sessions import begun
from tests.contract.workos.tenants import BIRCH, a_connection, an_organization
from tests.peers.microsoft import MicrosoftPeer

ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
FIRST = "c11e0000-0000-4000-8000-00000000000c"
SECRET = "emulator-secret"
MICROSOFT = "third_party.providers"


def custom(emulator: MicrosoftPeer, **more: Any) -> dict[str, Any]:
    """Microsoft as a cloud with registrations of its own."""
    registration = {"client_id": FIRST, "secret": SECRET}
    return {MICROSOFT: {"microsoft": {**registration, "cloud": "custom", "authority": emulator.base_url, **more}}}


async def opened(stack: AsyncExitStack, base_dir: Path, emulator: MicrosoftPeer, changes: Mapping[str, Any]) -> Browser:
    """A browser, which is as good as a program, at a broker of this configuration."""
    broker = await stack.enter_async_context(
        running_broker(base_dir=base_dir, emulator=emulator, changes={**served(), **changes})
    )
    return await stack.enter_async_context(broker.browser())


def by(**selector: str) -> dict[str, str | None]:
    return {"provider": None, "login_hint": "auto:alice", **selector}


async def test_the_stand_in_serves_connections_without_a_registration_of_their_own(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with AsyncExitStack() as stack:
        browser = await opened(stack, tmp_path, emulator, {})
        organization = (await an_organization(browser, domains=["alder.example"]))["id"]
        await a_connection(browser, organization, tenant="alder.example")
        assert (await begun(browser, start=by(organization_id=organization)))["organization_id"] == organization


async def test_without_a_registration_of_the_environment_customers_own_sign_in(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with AsyncExitStack() as stack:
        browser = await opened(stack, tmp_path, emulator, custom(emulator, enabled=False))
        organization = (await an_organization(browser))["id"]
        await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET)
        assert (await begun(browser, start=by(organization_id=organization)))["organization_id"] == organization
        assert (await signed_in(browser, authorize_url())).query["error"] == "connection_invalid"


async def test_a_registration_that_the_operator_switched_off_signs_nobody_in(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(
            running_broker(base_dir=tmp_path, emulator=emulator, changes={**served(), **custom(emulator)})
        )
        browser = await stack.enter_async_context(broker.browser())
        organization = (await an_organization(browser))["id"]
        ours = (await a_connection(browser, organization))["id"]
        start = await browser.get(authorize_url(**by(connection_id=ours)))
        await broker.reload(custom(emulator, enabled=False))
        at_callback = await browser.get(start.location or "")
        assert "code" not in (await browser.get(at_callback.location or "")).query
        assert "code" not in (await signed_in(browser, authorize_url(**by(connection_id=ours)))).query
        theirs = (await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET))["id"]
        assert "code" in (await signed_in(browser, authorize_url(**by(connection_id=theirs)))).query


async def test_an_application_gets_the_tokens_of_the_registration_that_was_asked(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    """And the broker keeps none of them: it could not renew what a customer's registration was given."""
    changes = served(application(return_provider_tokens=True)) | custom(emulator, return_provider_tokens=True)
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(running_broker(base_dir=tmp_path, emulator=emulator, changes=changes))
        browser = await stack.enter_async_context(broker.browser())
        organization = (await an_organization(browser))["id"]
        await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET)
        answer = await begun(browser, start=by(organization_id=organization))
        assert answer["oauth_tokens"]["access_token"]
        async with broker.application.broker.store.read() as c:
            assert await c.fetch_all("SELECT identity_id FROM provider_tokens") == []


async def test_what_is_kept_of_the_operators_registration_outlives_a_sign_in_at_a_customers(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    """Or whoever signs in there, too, would not be asked about again, and their tokens would be nobody's."""
    changes = served() | custom(emulator, return_provider_tokens=True, recheck="4h")
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(running_broker(base_dir=tmp_path, emulator=emulator, changes=changes))
        browser = await stack.enter_async_context(broker.browser())
        ours = await begun(browser)
        organization = (await an_organization(browser))["id"]
        await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET)
        theirs = await begun(browser, start=by(organization_id=organization))
        user_id = ids.read("user", ours["user"]["id"])
        assert theirs["user"]["id"] == ours["user"]["id"]
        assert user_id is not None
        grants = broker.application.broker.grants
        read = await grants.reads.for_operator(user_id, "microsoft", identity_id=None, api_key="ops")
        assert read.access_token
        async with broker.application.broker.store.read() as c:
            [identity] = await c.fetch_all("SELECT provider_client_id, subject, missing_claims FROM identities")
        assert identity["provider_client_id"] == FIRST
        await begun(browser)  # its subject there is the one that it had


@pytest.mark.parametrize("rule", ["deny", "allow"])
async def test_the_operators_rules_hold_for_their_registration_and_denial_for_all(
    tmp_path: Path, emulator: MicrosoftPeer, rule: str
) -> None:
    listed = {"deny": ["alder.example"]} if rule == "deny" else {"allow": [BIRCH]}
    async with AsyncExitStack() as stack:
        browser = await opened(stack, tmp_path, emulator, custom(emulator, tenants=listed))
        organization = (await an_organization(browser))["id"]
        ours = (await a_connection(browser, organization))["id"]
        theirs = (await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET))["id"]
        outcomes = [
            "code" in (await signed_in(browser, authorize_url(**by(connection_id=each)))).query
            for each in (ours, theirs)
        ]
        assert outcomes == [False, rule == "allow"]


async def test_a_broker_without_the_secret_that_sealed_a_connection_does_not_start(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    older, newer = "an-older-secret-that-is-long-enough-0", "a-newer-secret-that-is-long-enough-0"
    async with AsyncExitStack() as stack:
        browser = await opened(stack, tmp_path, emulator, {"secrets.keys": [older]} | custom(emulator))
        organization = (await an_organization(browser))["id"]
        await a_connection(browser, organization, client_id=ALDER_ONLY, client_secret=SECRET)
    with pytest.raises(SealBroken):
        async with AsyncExitStack() as stack:
            await opened(stack, tmp_path, emulator, {"secrets.keys": [newer]} | custom(emulator))
