"""What of the provider's claims stands in the session: in the token what a cookie has room for, in the row all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import token_of, told, validated
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer

MOST = 4096
MICROSOFT = {"session_claims": ["tid", "roles", "groups"], "groups": "token"}


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    await emulator.registrations(client_id=FIRST_CLIENT, group_membership_claims="SecurityGroup")
    changes = {"third_party.providers.microsoft": MICROSOFT, "session.jwt": {"algorithm": "ES256"}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def in_token(browser: Browser) -> tuple[Any, int]:
    """What the token says of the provider, and how long the cookie is that carries it."""
    browser.drop_cookies()
    page = await browser.sign_in("alice")
    [cookie] = [each for each in page.set_cookies if each.startswith("hanko=")]
    claims = jwt.decode(token_of(browser), options={"verify_signature": False})
    return claims["provider"], len(cookie.encode())


async def in_session(browser: Browser) -> Any:
    """What a backend is told of the provider; by token or by cookie, the same."""
    by_cookie = told(await browser.get("/sessions/validate"))["claims"]["provider"]
    assert (await validated(browser, token_of(browser)))["claims"]["provider"] == by_cookie
    return by_cookie


def groups(count: int) -> list[str]:
    return [f"6e000000-0000-4000-8000-{number:012x}" for number in range(count)]


async def test_few_groups_and_roles_go_along(browser: Browser, emulator: MicrosoftPeer) -> None:
    await emulator.people("alice", groups=groups(3), roles=["reader"])
    provider, _ = await in_token(browser)
    assert (provider["name"], provider["groups"], provider["roles"]) == ("microsoft", groups(3), ["reader"])
    assert await in_session(browser) == provider


async def test_up_to_the_limit_all_go_along_and_one_more_is_too_many(browser: Browser, emulator: MicrosoftPeer) -> None:
    """A browser drops a longer cookie without a word: somebody would be signed out by being in one more group."""
    outcomes = {}
    for count in range(56, 76):
        await emulator.people("alice", groups=groups(count))
        provider, size = await in_token(browser)
        assert size <= MOST
        outcomes[count] = "groups" in provider
        assert outcomes[count] == ("groups_overage" not in provider)
        if not outcomes[count]:
            assert (await in_session(browser))["groups"] == groups(count)
            assert size < 1500
            break
    fits = [count for count, all_of_them in outcomes.items() if all_of_them]
    assert fits
    assert not all(outcomes.values())


async def test_groups_and_roles_that_are_too_many_are_said_to_be(browser: Browser, emulator: MicrosoftPeer) -> None:
    roles = [f"role-{number:04}" + "x" * 100 for number in range(60)]
    await emulator.people("alice", groups=groups(200), roles=roles)
    provider, size = await in_token(browser)
    assert {name: provider.get(name) for name in ("groups", "roles", "groups_overage", "roles_overage")} == {
        "groups": None,
        "roles": None,
        "groups_overage": True,
        "roles_overage": True,
    }
    assert size < MOST
    whole = await in_session(browser)
    assert (whole["groups"], whole["roles"], "groups_overage" in whole) == (groups(200), roles, False)


async def test_what_nobody_knows_is_unknown_in_the_session_too(browser: Browser, emulator: MicrosoftPeer) -> None:
    await emulator.people("alice", groups=groups(201))
    provider, _ = await in_token(browser)
    assert (provider["groups_overage"], "groups" in provider) == (True, False)
    assert await in_session(browser) == provider
