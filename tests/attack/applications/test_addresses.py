"""Somebody signs in under an address that is another's: what an application that looks people up by it is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.workos.applications import served
from tests.contract.workos.people import USERS, called, found, made
from tests.contract.workos.sessions import begun
from tests.contract.workos.test_provider_tokens import own_registration
from tests.peers.microsoft import MicrosoftPeer

ADDRESS = "dave@outlook.example"
CLAIMS_IT = {"login_hint": "auto:dave"}


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """The guide's registration, whose addresses nobody has proven."""
    changes = served() | own_registration(emulator)
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def test_who_merely_claims_an_address_is_not_found_by_it_beside_who_has_it(
    program: Browser, victim: Browser
) -> None:
    """Programs take the first of a list for the one whom they asked for, and make them a member, or the owner of what
    waits for that address: at WorkOS there is but one."""
    owner = await made(program, ADDRESS, email_verified=True)
    claims_it = (await begun(victim, start=CLAIMS_IT))["user"]
    assert (claims_it["email"], claims_it["email_verified"]) == (ADDRESS, False)

    assert await named(program) == [owner["id"]]

    assert (await called(program, "PUT", f"{USERS}/{owner['id']}", {"email": "other@outlook.example"})).status == 200
    assert await named(program) == [claims_it["id"]]


async def test_where_nobody_has_proven_an_address_all_are_found_who_are_named_by_it(
    program: Browser, victim: Browser
) -> None:
    one = (await begun(victim, start=CLAIMS_IT))["user"]
    other = await made(program, ADDRESS)

    assert await named(program) == [other["id"], one["id"]]


async def named(program: Browser) -> list[str]:
    return [each["id"] for each in (await found(program, f"{USERS}?email={ADDRESS}"))["data"]]
