"""Who becomes whom: an account is found by provider and subject key, and an address at most names it.

Each test is one story, with the people of the emulator, and looks at every user that there is in the end.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.models.users import UserProfile
from tests.attack.callbacks.steps import APP_URL
from tests.browsers import Page
from tests.stage import Stage, staged

_MICROSOFT = "third_party.providers.microsoft"
_ALICE, _MALLORY = "alice@alder.example", "mallory@birch.example"
_LINKING = {f"{_MICROSOFT}.linking": "verified_both"}
_PROVEN = {"remove": ["upn"], "set": {"xms_edov": True}}
"""What makes mallory prove the mailbox of the address that her directory wrote down."""


async def comes(stage: Stage, person: str, **claims: Any) -> Page:
    """A sign-in in a browser of its own, with claims changed."""
    if claims:
        await stage.emulator.claims(**claims)
    async with stage.broker.browser() as browser:
        return await browser.sign_in(person)


async def users(stage: Stage) -> list[UserProfile]:
    """Everybody there is, in the order in which they came."""
    return await stage.broker.application.broker.users.list()


async def addresses(stage: Stage) -> list[dict[str, str | None]]:
    """Of each user: addresses and what proves them."""
    return [{email.address: email.verified_by for email in user.emails} for user in await users(stage)]


async def events(stage: Stage) -> set[str]:
    """The kinds of audit entries that there are."""
    async with stage.broker.application.broker.store.read() as c:
        return {row["type"] for row in await c.fetch_all("SELECT type FROM audit_entries")}


@pytest.mark.parametrize("order", [("alice", "mallory"), ("mallory", "alice")])
async def test_address_written_by_a_strange_directory_never_meets_its_owner(stage: Stage, order: tuple[str]) -> None:
    for person in order:
        assert (await comes(stage, person)).location == APP_URL
    found = {email.address: user for user in await users(stage) for email in user.emails}
    assert found.keys() == {_ALICE, _MALLORY}
    assert found[_ALICE].user.id != found[_MALLORY].user.id
    assert [len(user.identities) for user in found.values()] == [1, 1]


async def test_sign_in_name_that_looks_like_somebodys_address_is_another_address(stage: Stage) -> None:
    for person in ("alice", "nina"):
        assert (await comes(stage, person)).location == APP_URL
    assert await addresses(stage) == [{_ALICE: "xms_edov"}, {"alice@alder.onmicrosoft.com": "upn"}]


@pytest.mark.parametrize(
    ("person", "kept"),
    [
        ("bob", {"bob@alder.example": "upn"}),
        ("carol", {"carol@alder.example": "upn"}),
        ("dave", {"dave@outlook.example": "xms_edov"}),
        ("erin", {"erin@gmail.example": "xms_edov"}),
    ],
)
async def test_each_person_keeps_what_is_acceptable(stage: Stage, person: str, kept: dict[str, str]) -> None:
    assert (await comes(stage, person)).location == APP_URL
    assert await addresses(stage) == [kept]
    [user] = await users(stage)
    assert [email.is_verified for email in user.emails] == [kept[email.address] != "upn" for email in user.emails]


@pytest.mark.parametrize("value", [True, 1, "1", "true"])
async def test_positive_proof_comes_in_several_forms(stage: Stage, value: object) -> None:
    await comes(stage, "bob", remove=["upn"], set={"xms_edov": value})
    assert await addresses(stage) == [{"bob@elsewhere.example": "xms_edov"}]


async def test_verified_address_beside_a_sign_in_name_is_kept_as_a_second_one(stage: Stage) -> None:
    await comes(stage, "bob", set={"xms_edov": True})
    [user] = await users(stage)
    kept = [(email.address, email.is_primary, email.is_verified) for email in user.emails]
    assert sorted(kept) == [("bob@alder.example", True, False), ("bob@elsewhere.example", False, True)]


@pytest.mark.parametrize(
    ("choice", "kept"), [("create_without_email", {}), ("create_unverified", {"dave@outlook.example": None})]
)
async def test_without_an_acceptable_address_the_operator_decides(
    tmp_path: Path, choice: str, kept: Mapping[str, str | None]
) -> None:
    async with staged(tmp_path, {f"{_MICROSOFT}.email": {"on_unverified": choice}}) as stage:
        assert (await comes(stage, "dave", remove=["xms_edov"])).location == APP_URL
        assert await addresses(stage) == [kept]
        assert not any(email.is_verified for user in await users(stage) for email in user.emails)


async def test_unproven_address_neither_blocks_nor_finds_anybody(tmp_path: Path) -> None:
    changes = {f"{_MICROSOFT}.email": {"on_unverified": "create_unverified"}, **_LINKING}
    async with staged(tmp_path, changes) as stage:
        await comes(stage, "mallory", remove=["upn"])
        await comes(stage, "alice")
        assert [sorted(user) for user in await addresses(stage)] == [[_ALICE], [_ALICE]]
        assert [len(user.identities) for user in await users(stage)] == [1, 1]


async def test_who_sat_on_an_address_gives_way_to_who_proves_the_mailbox(stage: Stage) -> None:
    """Pre-hijacking: a sign-in name proves a domain to its directory, not a mailbox."""
    await comes(stage, "mallory", set={"upn": _ALICE}, remove=["email", "xms_edov"])
    assert await addresses(stage) == [{_ALICE: "upn"}]
    assert (await comes(stage, "alice")).location == APP_URL
    found = await addresses(stage)
    assert len(found) == 2
    assert _ALICE not in found[0]
    assert found[1] == {_ALICE: "xms_edov"}
    assert "address.released" in await events(stage)


async def test_who_lost_an_address_still_signs_in(stage: Stage) -> None:
    squatting = {"set": {"upn": _ALICE}, "remove": ["email", "xms_edov"]}
    await comes(stage, "mallory", **squatting)
    await comes(stage, "alice")
    assert (await comes(stage, "mallory", **squatting)).location == APP_URL
    found = await addresses(stage)
    assert (len(found), found[1]) == (2, {_ALICE: "xms_edov"})
    assert _ALICE not in found[0]


async def test_linking_is_off_unless_configured(stage: Stage) -> None:
    await comes(stage, "alice")
    page = await comes(stage, "mallory", **_PROVEN)
    assert page.query["error"] == "user_conflict"
    assert len(await users(stage)) == 1


async def test_linking_joins_two_identities_that_both_proved_the_mailbox(tmp_path: Path) -> None:
    async with staged(tmp_path, _LINKING) as stage:
        await comes(stage, "alice")
        assert (await comes(stage, "mallory", **_PROVEN)).location == APP_URL
        [user] = await users(stage)
        assert len({identity.subject_key for identity in user.identities}) == 2
        assert [email.address for email in user.emails] == [_ALICE]
        assert "identity.linked" in await events(stage)
        assert (await comes(stage, "mallory")).location == APP_URL
        assert len(await users(stage)) == 1, "a known identity signs in, whatever became of its address"


async def test_linking_to_a_locked_user_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path, _LINKING) as stage:
        await comes(stage, "alice")
        accounts = stage.broker.application.broker.users
        await accounts.lock((await accounts.find(_ALICE)).user.id)
        assert (await comes(stage, "mallory", **_PROVEN)).query["error"] == "account_locked"


async def test_known_identity_signs_in_without_any_address(stage: Stage) -> None:
    await comes(stage, "alice")
    page = await comes(stage, "alice", remove=["upn", "email", "xms_edov"])
    assert page.location == APP_URL
    assert await addresses(stage) == [{_ALICE: "xms_edov"}]


async def test_known_identity_adopts_a_new_address_that_is_free(stage: Stage) -> None:
    await comes(stage, "alice")
    await comes(stage, "alice", set={"email": "alice.new@alder.example"})
    [kept] = await addresses(stage)
    assert kept["alice.new@alder.example"] == "xms_edov"
    assert "address.added" in await events(stage)


async def test_new_address_that_somebody_else_has_is_not_adopted(stage: Stage) -> None:
    await comes(stage, "ivan")
    await comes(stage, "alice")
    assert (await comes(stage, "alice", set={"email": "ivan@alder.example"})).location == APP_URL
    found = await addresses(stage)
    assert found[0] == {"ivan@alder.example": "xms_edov"}
    assert "ivan@alder.example" not in found[1]
    assert "address.not_adopted" in await events(stage)


async def test_address_that_somebody_has_is_passed_over_for_the_next(stage: Stage) -> None:
    await comes(stage, "alice")
    await comes(stage, "mallory", set={"xms_edov": True})
    assert await addresses(stage) == [{_ALICE: "xms_edov"}, {_MALLORY: "upn"}]


async def test_capital_letters_make_no_second_address(stage: Stage) -> None:
    await comes(stage, "alice")
    await comes(stage, "alice", set={"email": "ALICE@Alder.EXAMPLE", "upn": "Alice@ALDER.example"})
    assert await addresses(stage) == [{_ALICE: "xms_edov"}]


async def test_sign_up_may_be_off_while_known_people_sign_in(stage: Stage) -> None:
    await comes(stage, "alice")
    await stage.broker.reload({"account.allow_signup": False})
    assert (await comes(stage, "alice")).location == APP_URL
    assert (await comes(stage, "bob")).query["error"] == "signup_disabled"


async def test_names_follow_the_directory_and_are_cut(stage: Stage) -> None:
    await comes(stage, "alice")
    await comes(stage, "alice", set={"name": "A" * 600, "given_name": "<b>Alice</b>"})
    [user] = await users(stage)
    assert (user.user.name, user.user.given_name) == ("A" * 512, "<b>Alice</b>")


async def test_what_an_emulator_vouched_for_blocks_nobody_once_real_credentials_are_there(stage: Stage) -> None:
    """The same people come again, through a registration at a real authority: none of them is known."""
    await comes(stage, "alice")
    own = {"client_id": "c11e0000-0000-4000-8000-00000000000c", "secret": "emulator-secret", "cloud": "custom"}
    await stage.broker.reload({_MICROSOFT: {**own, "authority": stage.emulator.base_url}})
    assert (await comes(stage, "alice")).location == APP_URL
    found = await users(stage)
    assert [identity.emulator for user in found for identity in user.identities] == [True, False]
    assert [_ALICE in {email.address for email in user.emails} for user in found] == [False, True]
