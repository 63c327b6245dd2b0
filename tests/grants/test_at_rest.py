"""Where a token must not be: in no row, no file, no log line; and that it goes when nobody needs it any more."""

from pathlib import Path

import pytest

from broker.errors import SealBroken
from broker.foundation import retention_of
from broker.housekeeping import sweep
from tests.contract.plain.calls import told
from tests.grants.stage import KEEPING, MICROSOFT, Keeper, keeping
from tests.observed import all_rows, log_lines

OLD, NEW = "a-secret-of-tests-that-is-long-enough-0", "another-secret-of-tests-that-is-long-enough"


async def tokens_of(keeper: Keeper, user_id: str) -> list[str]:
    kept = await keeper.tokens(user_id)
    assert kept.refresh_token is not None
    return [kept.access_token, kept.refresh_token]


def contents(folder: Path) -> list[bytes]:
    """The database's file and what lies beside it, where it is one."""
    return [path.read_bytes() for path in folder.iterdir() if path.is_file()]


async def test_no_row_and_no_log_line_holds_a_token(database_url: str, tmp_path: Path) -> None:
    with log_lines() as lines:
        async with keeping(tmp_path, database=database_url) as keeper:
            alice = await keeper.signed_in()
            secrets = await tokens_of(keeper, alice)
            keeper.later()
            assert (await keeper.read(alice)).status == 200
            secrets += await tokens_of(keeper, alice)
            keeper.later()
            await keeper.emulator.people("alice", revoke_sessions=True)
            assert await keeper.refused(alice) == (409, "grant_revoked")
            stored = str(await all_rows(keeper.broker.application.broker.store))
            files = contents(tmp_path)
    assert len(set(secrets)) == 4
    assert any(line.get("reason") == "grant_revoked" for line in lines)
    for secret in secrets:
        parts = {secret, *(part for part in secret.split(".") if len(part) > 20)}
        assert not [part for part in parts if part in stored or part in str(lines)]
        assert not [part for part in parts for content in files if part.encode() in content]


async def test_rotated_secret_opens_what_an_old_one_sealed_and_seals_anew_on_the_next_write(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    before = await keeper.grant(alice)
    await keeper.broker.reload({"secrets.keys": [NEW, OLD]})
    assert (await keeper.read(alice)).status == 200
    assert (await keeper.grant(alice)).sealed == before.sealed
    keeper.later()
    assert (await keeper.read(alice)).status == 200
    sealed = (await keeper.grant(alice)).sealed
    assert sealed.split(".")[1] != before.sealed.split(".")[1]


async def test_sealed_row_opens_nowhere_else(keeper: Keeper) -> None:
    alice, bob = await keeper.signed_in(), await keeper.signed_in("bob")
    hers, his = await keeper.grant(alice), await keeper.grant(bob)
    async with keeper.broker.application.broker.store.transaction() as connection:
        await connection.execute(
            "UPDATE provider_tokens SET sealed = $2 WHERE identity_id = $1", his.identity_id, hers.sealed
        )
    with pytest.raises(SealBroken):
        await keeper.tokens(bob)
    assert await keeper.refused(bob) == (404, "not_kept")
    keeper.later()
    assert await keeper.refused(bob) == (404, "not_kept")
    assert await keeper.asked() == 2, "nothing was sent"


async def test_tokens_go_with_the_user_and_when_nothing_wants_them_kept(keeper: Keeper) -> None:
    store = keeper.broker.application.broker.store
    alice, _ = await keeper.signed_in(), await keeper.signed_in("bob")
    await keeper.broker.application.broker.users.delete(alice)
    assert (await all_rows(store))["provider_tokens"].total() == 1
    assert (await sweep(store, keeper.clock, retention_of(keeper.broker.config))).provider_tokens == 0
    await keeper.broker.reload({f"{MICROSOFT}.return_provider_tokens": False})
    swept = await sweep(store, keeper.clock, retention_of(keeper.broker.application.config))
    assert (swept.provider_tokens, (await all_rows(store))["provider_tokens"].total()) == (1, 0)


async def test_tokens_that_nobody_used_for_so_long_that_they_are_dead_are_dropped(keeper: Keeper) -> None:
    await keeper.signed_in()
    store, retention = keeper.broker.application.broker.store, retention_of(keeper.broker.config)
    for days, dropped in ((99, 0), (2, 1)):
        keeper.later(days * 86_400)
        assert (await sweep(store, keeper.clock, retention)).provider_tokens == dropped


async def test_nothing_is_asked_for_or_kept_where_nobody_wants_it(tmp_path: Path) -> None:
    off = {**KEEPING, f"{MICROSOFT}.return_provider_tokens": False}
    async with keeping(tmp_path, changes=off) as keeper:
        await keeper.signed_in()
        assert (await all_rows(keeper.broker.application.broker.store))["provider_tokens"].total() == 0
        (asked,) = [one for one in await keeper.emulator.requests() if "response_type" in str(one)][:1]
        assert "offline_access" not in str(asked)


async def test_trail_tells_each_reader_once_for_each_token(keeper: Keeper) -> None:
    alice = await keeper.signed_in()

    async def entries() -> list[str]:
        rows = (await all_rows(keeper.broker.application.broker.store))["audit_entries"]
        return [row for row in map(str, rows) if "provider_token.read" in row]

    for _ in range(3):
        await keeper.read(alice)
    assert len(await entries()) == 1
    assert "api_key back end" in (await entries())[0]
    keeper.later()
    await keeper.read(alice)
    assert len(await entries()) == 2


async def test_figures_tell_what_came_of_it(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    await keeper.read(alice)
    keeper.later()
    await keeper.read(alice)
    page = await keeper.browser.get(f"{keeper.broker.admin_url}/metrics")
    for step, outcome, count in (("read", "handed_out", 2), ("renewal", "renewed", 1)):
        line = f'broker_provider_tokens_total{{outcome="{outcome}",provider="microsoft",step="{step}"}} {count}.0'
        assert line in page.text
    assert told(await keeper.read(alice))["token_type"] == "Bearer"
