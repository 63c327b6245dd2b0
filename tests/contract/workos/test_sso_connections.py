"""The SSO API by an organization's own connection: another profile, its own registration, its own sign-out."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, application, authorize_url, served, signed_in
from tests.contract.workos.tenants import ALDER, CONNECTIONS, a_connection, an_organization, done
from tests.peers.microsoft import MicrosoftPeer

ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """One that signs out at Microsoft, too, and gives applications Microsoft's tokens."""
    microsoft = {
        "client_id": "c11e0000-0000-4000-8000-00000000000c",
        "secret": "emulator-secret",
        "cloud": "custom",
        "authority": emulator.base_url,
        "logout": {"rp_initiated": True},
    }
    changes = served(application(return_provider_tokens=True))
    changes["third_party.providers"] = {"microsoft": microsoft}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def told(browser: Browser, program: Browser, **selector: str | None) -> dict[str, Any]:
    """What the application is told of alice."""
    start = {"provider": None, "login_hint": "auto:alice", **selector}
    code = (await signed_in(browser, authorize_url("sso", **start))).query["code"]
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}
    found: dict[str, Any] = json.loads((await program.send("POST", "/sso/token", json=given)).body)
    return found


async def leave(program: Browser, profile_id: str) -> Page:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    return await program.send("POST", "/sso/logout/authorize", json={"profile_id": profile_id}, headers=headers)


async def test_person_has_a_profile_for_each_connection(browser: Browser, program: Browser) -> None:
    organization = (await an_organization(program))["id"]
    connection = (await a_connection(program, organization))["id"]
    everybodys = (await told(browser, program, provider="MicrosoftOAuth"))["profile"]
    by_connection = (await told(browser, program, connection=connection))["profile"]
    by_organization = (await told(browser, program, organization=organization))["profile"]

    assert (everybodys["organization_id"], by_connection["organization_id"]) == (None, organization)
    assert by_connection["connection_id"] == connection
    assert by_connection == by_organization
    assert by_connection["id"] != everybodys["id"]
    assert (by_connection["idp_id"], by_connection["email"]) == (everybodys["idp_id"], everybodys["email"])


async def test_connection_at_a_registration_of_its_own_gives_its_own_tokens_and_signs_out_there(
    browser: Browser, program: Browser, emulator: MicrosoftPeer
) -> None:
    organization = (await an_organization(program))["id"]
    own = {"client_id": ALDER_ONLY, "client_secret": "emulator-secret"}
    connection = (await a_connection(program, organization, **own))["id"]
    answer = await told(browser, program, connection=connection)

    redeemed = [call["form"] for call in await emulator.requests() if call["path"].endswith("/token")]
    assert redeemed[-1]["client_id"] == ALDER_ONLY
    assert answer["oauth_tokens"]["refresh_token"]

    gone = await browser.get(json.loads((await leave(program, answer["profile"]["id"])).body)["logout_url"])
    assert urlsplit(gone.location or "").path == f"/{ALDER}/oauth2/v2.0/logout"
    assert parse_qs(urlsplit(gone.location or "").query)["client_id"] == [ALDER_ONLY]


async def test_profile_by_a_connection_that_is_gone_signs_nobody_out(browser: Browser, program: Browser) -> None:
    connection = (await a_connection(program, (await an_organization(program))["id"]))["id"]
    profile_id = (await told(browser, program, connection=connection))["profile"]["id"]
    url = json.loads((await leave(program, profile_id)).body)["logout_url"]
    await done(program, "DELETE", f"{CONNECTIONS}/{connection}", 204)

    assert (await leave(program, profile_id)).status == 404
    assert (await browser.get(url)).status == 404
