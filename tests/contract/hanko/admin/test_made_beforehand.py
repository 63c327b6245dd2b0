"""Who was made by an operator before they ever came: whom their first sign-in finds, by what both sides proved."""

from pathlib import Path

import pytest

from broker.accounts.administration import NewAddress, NewUser
from broker.models.events import By, Requester
from tests.attack.callbacks.steps import APP_URL
from tests.contract.plain.test_linking import comes, users
from tests.stage import Stage, staged

_LINKING = {"third_party.providers.microsoft.linking": "verified_both"}
_BY = By(api_key="tests", requester=Requester())


async def made(stage: Stage, *, is_verified: bool) -> str:
    address = NewAddress(address="alice@alder.example", is_primary=True, is_verified=is_verified)
    administration = stage.broker.application.broker.accounts.administration
    return (await administration.create(NewUser(addresses=[address]), _BY)).user.id


async def test_emulated_person_never_lands_in_an_account_that_an_operator_made(tmp_path: Path) -> None:
    async with staged(tmp_path, _LINKING) as stage:
        user_id = await made(stage, is_verified=True)
        assert (await comes(stage, "alice")).location != APP_URL
        assert [(user.user.id, len(user.identities)) for user in await users(stage)] == [(user_id, 0)]


async def test_without_linking_an_operators_word_joins_nobody(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await made(stage, is_verified=True)
        assert (await comes(stage, "alice")).location != APP_URL
        assert [len(user.identities) for user in await users(stage)] == [0]


@pytest.mark.parametrize("changes", [{}, _LINKING])
async def test_unverified_address_of_an_operator_neither_holds_nor_joins(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    async with staged(tmp_path, changes) as stage:
        await made(stage, is_verified=False)
        assert (await comes(stage, "alice")).location == APP_URL
        assert sorted(len(user.identities) for user in await users(stage)) == [0, 1]
