"""Microsoft's own tokens, and addresses that nobody proved: what an application is told that wants to know."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import API_KEY, CLIENT_ID, application, authorize_url, served, signed_in
from tests.observed import all_rows, written
from tests.peers.microsoft import MicrosoftPeer

KEYS = {"provider", "access_token", "refresh_token", "expires_at", "scopes"}
MICROSOFT = "third_party.providers.microsoft"
PATHS = {"sso": "/sso/token", "user_management": "/user_management/authenticate"}


@asynccontextmanager
async def broker_with(
    folder: Path, emulator: MicrosoftPeer, changes: dict[str, Any] | None = None, **keys: Any
) -> AsyncIterator[RunningBroker]:
    settings = served(application(**keys)) | (changes or {})
    async with running_broker(base_dir=folder, emulator=emulator, changes=settings) as running:
        yield running


async def exchanged(broker: RunningBroker, browser: Browser, interface: str, **changes: str | None) -> dict[str, Any]:
    page = await signed_in(browser, authorize_url(interface, **changes))
    given = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": API_KEY,
        "code": page.query["code"],
    }
    async with broker.browser() as program:
        answer = await program.send("POST", PATHS[interface], json=given)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.body)
    return found


def asked_scopes(location: str | None) -> list[str]:
    return parse_qs(urlsplit(location or "").query)["scope"][0].split()


@pytest.mark.parametrize("interface", ["sso", "user_management"])
async def test_tokens_come_with_the_code_where_the_application_gets_them(
    tmp_path: Path, emulator: MicrosoftPeer, interface: str
) -> None:
    async with broker_with(tmp_path, emulator, return_provider_tokens=True) as broker, broker.browser() as browser:
        tokens = (await exchanged(broker, browser, interface))["oauth_tokens"]

        assert set(tokens) == KEYS
        assert tokens["provider"] == "MicrosoftOAuth"
        assert tokens["refresh_token"]
        assert tokens["expires_at"] > broker.application.broker.clock.now() + 3000
        assert {"openid", "profile", "email"} <= set(tokens["scopes"])


@pytest.mark.parametrize("interface", ["sso", "user_management"])
async def test_no_tokens_and_no_offline_access_without_the_switch(
    tmp_path: Path, emulator: MicrosoftPeer, interface: str
) -> None:
    async with broker_with(tmp_path, emulator) as broker, broker.browser() as browser:
        assert "offline_access" not in asked_scopes((await browser.get(authorize_url(interface))).location)
        assert "oauth_tokens" not in await exchanged(broker, browser, interface)


async def test_tokens_that_are_kept_for_the_operator_wait_beside_no_code_of_an_application_without_the_switch(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = own_registration(emulator)
    changes[MICROSOFT] |= {"return_provider_tokens": True, "scopes": ["openid", "profile", "email", "offline_access"]}
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        await signed_in(browser, authorize_url(login_hint="auto:erin"))
        async with broker.application.broker.store.read() as connection:
            (code,) = await connection.fetch_all("SELECT sealed_tokens FROM one_time_codes")
            kept = await connection.fetch_all("SELECT 1 FROM provider_tokens")

    assert (code["sealed_tokens"], len(kept)) == (None, 1)


async def test_tokens_come_with_no_refresh(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    async with broker_with(tmp_path, emulator, return_provider_tokens=True) as broker, broker.browser() as browser:
        found = await exchanged(broker, browser, "user_management")
        given = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": API_KEY,
            "refresh_token": found["refresh_token"],
        }
        again = json.loads((await browser.send("POST", PATHS["user_management"], json=given)).body)

    assert "oauth_tokens" in found
    assert "oauth_tokens" not in again


async def test_tokens_rest_sealed_until_the_code_is_redeemed_and_nowhere_after(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with broker_with(tmp_path, emulator, return_provider_tokens=True) as broker, broker.browser() as browser:
        page = await signed_in(browser)
        store = broker.application.broker.store
        async with store.read() as connection:
            waiting = await connection.fetch_all("SELECT sealed_tokens FROM one_time_codes")
        assert len(waiting) == 1
        given = {"client_id": CLIENT_ID, "client_secret": API_KEY, "code": page.query["code"]}
        given["grant_type"] = "authorization_code"
        tokens = json.loads((await browser.send("POST", PATHS["user_management"], json=given)).body)["oauth_tokens"]

        assert tokens["access_token"] not in waiting[0]["sealed_tokens"]
        resting = str(await all_rows(store))
        assert tokens["access_token"] not in resting
        assert tokens["refresh_token"] not in resting
        async with store.read() as connection:
            assert await connection.fetch_all("SELECT * FROM provider_tokens") == []
            assert await connection.fetch_all("SELECT * FROM one_time_codes") == []


async def test_tokens_stay_with_us_where_the_switch_went_off_before_the_code_was_redeemed(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with broker_with(tmp_path, emulator, return_provider_tokens=True) as broker, broker.browser() as browser:
        page = await signed_in(browser)
        await broker.reload(served(application()))
        given = {"client_id": CLIENT_ID, "client_secret": API_KEY, "code": page.query["code"]}
        given["grant_type"] = "authorization_code"
        answer = await browser.send("POST", PATHS["user_management"], json=given)

    assert answer.status == 200
    assert "oauth_tokens" not in json.loads(answer.body)


async def test_sign_in_of_an_application_without_the_switch_gets_none_that_are_kept_for_others(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = {f"{MICROSOFT}.return_provider_tokens": True}
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        assert "oauth_tokens" not in await exchanged(broker, browser, "user_management")
        async with broker.application.broker.store.read() as connection:
            assert len(await connection.fetch_all("SELECT * FROM provider_tokens")) == 1


async def test_tokens_for_an_application_are_not_kept_for_the_plain_surface(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    async with broker_with(tmp_path, emulator, return_provider_tokens=True) as broker, broker.browser() as browser:
        await exchanged(broker, browser, "sso")
        plain = await browser.start()

    assert "offline_access" not in asked_scopes(plain.location)


async def test_scopes_are_base_then_configured_then_those_of_the_request(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = {
        f"{MICROSOFT}.scopes": ["openid", "profile", "email", "User.Read"],
        f"{MICROSOFT}.extra_scopes_allowed": ["Mail.Read", "Calendars.Read"],
    }
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        plain = await browser.get(authorize_url())
        further = await browser.get(authorize_url(provider_scopes="['Mail.Read', 'User.Read']"))
        refused = await browser.get(authorize_url(provider_scopes="Files.Read"))

    assert asked_scopes(plain.location) == ["openid", "profile", "email", "User.Read"]
    assert asked_scopes(further.location) == ["openid", "profile", "email", "User.Read", "Mail.Read"]
    assert refused.query["error"] == "invalid_request"


@pytest.mark.parametrize("person", ["dave", "erin"])
async def test_the_three_claims_of_the_guide_sign_people_in_whose_address_nobody_proved(
    tmp_path: Path, emulator: MicrosoftPeer, person: str
) -> None:
    changes = own_registration(emulator)
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        user = (await exchanged(broker, browser, "user_management", login_hint=f"auto:{person}"))["user"]
        plain = await browser.sign_in(person)

    assert user["email_verified"] is False
    assert "@" in user["email"]
    assert "error" not in plain.query, "who is known signs in, whichever face asks"


async def test_the_plain_surface_still_refuses_an_address_that_nobody_proved(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = own_registration(emulator)
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        assert (await browser.sign_in("dave")).query["error"] == "unverified_email"


async def test_person_whom_no_address_names_is_refused_before_anything_of_theirs_is_written(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    """Applications know nobody without one, whatever the operator chose for others."""
    changes = own_registration(emulator)
    changes[MICROSOFT]["email"] = {"on_unverified": "create_without_email"}
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        before = await all_rows(broker.application.broker.store)
        page = await signed_in(browser, authorize_url(login_hint="auto:dave"))
        after = await all_rows(broker.application.broker.store)

    assert (page.query["error"], "code" in page.query) == ("oauth_failed", False)
    assert written(before, after) == {"consumed_states": 1}


async def test_operator_who_chose_to_refuse_is_obeyed_for_applications_too(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    changes = own_registration(emulator)
    changes[MICROSOFT]["email"] = {"on_unverified": "refuse"}
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        page = await signed_in(browser, authorize_url(login_hint="auto:dave"))

    assert page.query["error"] == "oauth_failed"


async def test_trust_personal_opts_into_more(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = own_registration(emulator)
    changes[MICROSOFT]["email"] = {"trust_personal": True}
    async with broker_with(tmp_path, emulator, changes) as broker, broker.browser() as browser:
        user = (await exchanged(broker, browser, "user_management", login_hint="auto:dave"))["user"]

    assert user["email_verified"] is True


def own_registration(emulator: MicrosoftPeer) -> dict[str, Any]:
    """The registration of the guide: personal accounts only, with exactly its three claims."""
    return {
        MICROSOFT: {
            "client_id": "c11e0000-0000-4000-8000-000000000003",
            "secret": "emulator-secret",
            "cloud": "custom",
            "authority": emulator.base_url,
            "tenant": "consumers",
        }
    }
