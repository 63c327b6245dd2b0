"""Somebody whom a program made before they ever signed in: whose account it is then, and whose never."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import served, signed_in
from tests.contract.workos.people import USERS, found, made
from tests.contract.workos.sessions import begun
from tests.peers.microsoft import MicrosoftPeer

ADDRESS = "alice@alder.example"
_LINKING = {"third_party.providers.microsoft.linking": "verified_both"}


@pytest.fixture
async def joining(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """A broker that joins accounts where both sides have proven the address."""
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=served() | _LINKING) as running:
        yield running


async def test_address_that_nobody_vouched_for_hands_the_account_to_nobody(joining: RunningBroker) -> None:
    async with joining.browser() as program, joining.browser() as browser:
        beforehand = await made(program, ADDRESS)
        assert (await begun(browser))["user"]["id"] != beforehand["id"]
        assert await found(program, f"{USERS}/{beforehand['id']}/identities") == []


async def test_without_joining_an_address_that_the_program_vouched_for_keeps_everybody_else_out(
    program: Browser, browser: Browser
) -> None:
    """As everywhere: an account is found by identities, and one address is not two people's."""
    await made(program, ADDRESS, email_verified=True)
    page = await signed_in(browser)
    assert page.query["error"] == "oauth_failed"
    assert "code" not in page.query
    assert len((await found(program, USERS))["data"]) == 1
