"""What the sweep drops, what it keeps, and that it never ends what was used in the same moment."""

import asyncio

import pytest

from broker.clock import FrozenClock
from broker.errors import StoreUnavailable
from broker.housekeeping import ROTATED_SECONDS, Retention, Swept, sweep
from broker.models.events import AuditEntry
from broker.models.refresh_tokens import RefreshFamily, RefreshToken
from broker.store import audit, refresh_tokens, remembered_answers, sessions, signins
from broker.store.base import Store
from broker.store.portions import PORTION
from tests.store.rows import NOW, a_code, a_session, an_id, stored_identity, stored_user

FOREVER = Retention(audit_seconds=1_000_000, idle_seconds=None)


async def rows_of(store: Store) -> dict[str, int]:
    found = {}
    async with store.read() as c:
        for table in ("users", "identities", "sessions", "consumed_states", "one_time_codes", "audit_entries"):
            # The names are those above.
            row = await c.fetch_one(f"SELECT count(*) AS n FROM {table}")  # noqa: S608
            assert row is not None
            found[table] = row["n"]
    return found


async def test_what_has_expired_goes_and_what_has_not_stays(store: Store) -> None:
    identity = await stored_identity(store)
    async with store.transaction() as c:
        for index, expires_at in enumerate((NOW - 1, NOW, NOW + 1)):
            await signins.consume_state(c, f"{index}" * 64, now=NOW - 900, expires_at=expires_at)
            await signins.insert_code(c, a_code(identity, f"{index}" * 64, expires_at=expires_at))
            await sessions.insert_session(c, a_session(identity.user_id, expires_at=expires_at))
        for created_at in (NOW - 101, NOW - 100, NOW):
            await audit.insert_entry(c, AuditEntry(id=an_id(), type="sign_in.succeeded", created_at=created_at))
    swept = await sweep(store, FrozenClock(NOW), Retention(audit_seconds=100, idle_seconds=None))
    assert swept == Swept(sign_ins=4, sessions=2, audit_entries=1)
    assert await rows_of(store) == {
        "users": 1,
        "identities": 1,
        "sessions": 1,
        "consumed_states": 1,
        "one_time_codes": 1,
        "audit_entries": 2,
    }


async def test_used_refresh_tokens_go_after_a_month_and_answers_once_they_expired(store: Store) -> None:
    alice = await stored_user(store)
    session = a_session(alice.id, expires_at=NOW + 365 * 86_400)
    family = RefreshFamily(
        session_id=session.id, client_id="client_demo", confidential=False, sealed_key="1.sealed.key"
    )
    async with store.transaction() as c:
        await sessions.insert_session(c, session)
        await refresh_tokens.insert_family(c, family)
        for name, rotated_at in (("1", NOW - ROTATED_SECONDS - 1), ("2", NOW - ROTATED_SECONDS), ("3", None)):
            token = RefreshToken(token_hash=name, session_id=session.id, created_at=0, rotated_at=rotated_at)
            await refresh_tokens.insert_token(c, token)
        await remembered_answers.put_answer(c, "4", "1.sealed.answer", expires_at=NOW)
    assert (await sweep(store, FrozenClock(NOW), FOREVER)).refresh_tokens == 1
    async with store.read() as c:
        assert [await refresh_tokens.token(c, name) is not None for name in "123"] == [False, True, True]
        assert await c.fetch_all("SELECT request_hash FROM remembered_answers") == []


async def test_what_heaped_up_goes_whole_a_portion_at_a_time(store: Store) -> None:
    """A month without a sweep, or a shorter retention: in one statement it would not end within its time, ever."""
    heap = PORTION * 2 + 1
    async with store.transaction() as c:
        await c.execute(
            "INSERT INTO audit_entries (id, type, created_at, actor, detail) WITH RECURSIVE heap (n) AS"
            " (SELECT 1 UNION ALL SELECT n + 1 FROM heap WHERE n < $1)"
            " SELECT CAST(n AS TEXT), 'sign_in.succeeded', 0, 'user', '{}' FROM heap",
            heap,
        )
    async with store.transaction() as c:
        assert await audit.delete_entries_before(c, NOW) == PORTION
    assert (await sweep(store, FrozenClock(NOW), FOREVER)).audit_entries == heap - PORTION
    assert (await rows_of(store))["audit_entries"] == 0


async def test_a_second_sweep_finds_nothing(store: Store) -> None:
    alice = await stored_user(store)
    async with store.transaction() as c:
        await sessions.insert_session(c, a_session(alice.id, expires_at=NOW))
    assert (await sweep(store, FrozenClock(NOW), FOREVER)).sessions == 1
    assert await sweep(store, FrozenClock(NOW), FOREVER) == Swept(sign_ins=0, sessions=0, audit_entries=0)


@pytest.mark.parametrize(("idle_seconds", "left"), [(None, 3), (601, 3), (600, 3), (599, 2), (1, 1)])
async def test_idle_sessions_go_only_where_there_is_an_idle_limit(
    store: Store, idle_seconds: int | None, left: int
) -> None:
    """At the very second of the limit a session is refused already, and its row goes a second later."""
    alice = await stored_user(store)
    async with store.transaction() as c:
        for unused in (600, 60, 0):
            await sessions.insert_session(c, a_session(alice.id, last_used_at=NOW - unused))
    await sweep(store, FrozenClock(NOW), Retention(audit_seconds=100, idle_seconds=idle_seconds))
    assert (await rows_of(store))["sessions"] == left


async def test_a_session_that_is_used_while_the_sweep_runs_is_dropped_or_kept_but_never_both(store: Store) -> None:
    alice = await stored_user(store)
    for _ in range(10):
        own = a_session(alice.id, last_used_at=NOW - 601)
        async with store.transaction() as c:
            await sessions.insert_session(c, own)

        async def touch(session_id: str = own.id) -> bool:
            async with store.transaction() as c:
                await sessions.touch_session(c, session_id, now=NOW)
                return await sessions.session(c, session_id) is not None

        retention = Retention(audit_seconds=100, idle_seconds=600)
        touched, swept = await asyncio.gather(touch(), sweep(store, FrozenClock(NOW), retention))
        async with store.read() as c:
            left = await sessions.session(c, own.id)
        assert (left is not None, swept.sessions) == (touched, 0 if touched else 1)
        async with store.transaction() as c:
            await sessions.delete_session(c, own.id)


async def test_several_servers_may_sweep_at_once(store: Store) -> None:
    alice = await stored_user(store)
    async with store.transaction() as c:
        for _ in range(20):
            await sessions.insert_session(c, a_session(alice.id, expires_at=NOW))
    swept = await asyncio.gather(*(sweep(store, FrozenClock(NOW), FOREVER) for _ in range(3)))
    assert sum(one.sessions for one in swept) == 20


async def test_without_a_database_the_sweep_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await sweep(store, FrozenClock(NOW), FOREVER)
