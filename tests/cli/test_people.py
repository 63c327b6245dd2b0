"""Everybody of the emulator signs in at `broker serve` as shipped, and is exactly who the table of people says."""

from typing import Any

import pytest

from tests.cli.houses import House

ALDER, BIRCH = "a1de0000-0000-4000-8000-000000000001", "b12c0000-0000-4000-8000-000000000002"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
Address = tuple[str, bool, str | None]

PEOPLE: dict[str, tuple[str, str, Address]] = {
    "alice": (ALDER, "5eed0000-0000-4000-8000-0000000000a1", ("alice@alder.example", True, "xms_edov")),
    "bob": (ALDER, "5eed0000-0000-4000-8000-0000000000b0", ("bob@alder.example", False, "upn")),
    "carol": (ALDER, "5eed0000-0000-4000-8000-0000000000c0", ("carol@alder.example", False, "upn")),
    "mallory": (BIRCH, "5eed0000-0000-4000-8000-0000000000e1", ("mallory@birch.example", False, "upn")),
    "dave": (PERSONAL, "00000000-0000-0000-da7e-000000000001", ("dave@outlook.example", True, "xms_edov")),
    "erin": (PERSONAL, "00000000-0000-0000-da7e-000000000002", ("erin@gmail.example", True, "xms_edov")),
    "ivan": (ALDER, "5eed0000-0000-4000-8000-00000000001a", ("ivan@alder.example", True, "xms_edov")),
    "nina": (ALDER, "5eed0000-0000-4000-8000-00000000002a", ("alice@alder.onmicrosoft.com", False, "upn")),
}
"""Tenant, object id, and the one address: is it verified, and by what."""


async def test_each_person_becomes_exactly_who_the_table_says(house: House, request: pytest.FixtureRequest) -> None:
    backwards = "postgres" in request.node.name  # whoever comes first, nobody gets another's account
    for person in sorted(PEOPLE, reverse=backwards):
        async with house.browser() as browser:
            page = await house.curl(browser, person)
            assert (page.status, page.url) == (200, house.app_url + "/")
            token = browser.cookie("hanko")
            assert token is not None
            assert await house.is_valid(token)
    await the_disabled_person_stays_at_the_provider(house)
    await who_cancels_is_told_so(house)
    listed = house.broker("users", "list", "--json").json
    assert {user["identities"][0]["subject_key"]: shown(user) for user in listed} == expected()
    assert len(listed) == len(PEOPLE)


async def the_disabled_person_stays_at_the_provider(house: House) -> None:
    async with house.browser() as browser:
        page = await house.curl(browser, "judy")
        assert page.url.startswith(house.emulator_url)
        assert "50057" in page.text
        assert browser.cookie("hanko") is None


async def who_cancels_is_told_so(house: House) -> None:
    async with house.browser() as browser:
        page = await house.curl(browser, "alice:cancel")
        assert page.url.startswith(house.app_url + "/?")
        assert page.query["error"] == "access_denied"
        assert len(page.query["error_reference"]) == 10
        assert browser.cookie("hanko") is None


def shown(user: dict[str, Any]) -> list[Any]:
    emails = [
        (mail["address"], mail["is_verified"], mail["verified_by"], mail["is_primary"]) for mail in user["emails"]
    ]
    identities = [(one["provider"], one["tenant"]) for one in user["identities"]]
    return [emails, identities, user["locked"]]


def expected() -> dict[str, list[Any]]:
    return {
        f"emulator:{tenant}:{object_id}": [[(*address, True)], [("microsoft", tenant)], False]
        for tenant, object_id, address in PEOPLE.values()
    }
