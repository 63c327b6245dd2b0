from dataclasses import replace
from typing import Any

import pytest

from broker.errors import NotUnique, StoreError
from broker.models.keys import ApiKey, SigningKey
from broker.store import keys
from broker.store.base import Store
from tests.store.rows import NOW, written


def a_signing_key(kid: str, **changes: Any) -> SigningKey:
    key = SigningKey(
        kid=kid,
        algorithm="RS256",
        state="current",
        public_jwk="{}",
        sealed_private="1.00000000.sealed",
        created_at=NOW,
        activated_at=NOW,
        retired_at=None,
    )
    return replace(key, **changes)


def an_api_key(name: str, **changes: Any) -> ApiKey:
    key = ApiKey(
        id=f"id-{name}", name=name, key_hash=f"hash-{name}", created_at=NOW, expires_at=None, last_used_at=None
    )
    return replace(key, **changes)


async def test_signing_keys_come_oldest_first(store: Store) -> None:
    retired = a_signing_key("z", state="retired", retired_at=NOW + 5)
    current = a_signing_key("b", created_at=NOW + 1)
    following = a_signing_key("a", state="next", activated_at=None, created_at=NOW + 1)
    async with store.transaction() as c:
        for key in (current, following, retired):
            await keys.insert_signing_key(c, key)
        assert await keys.signing_keys(c) == [retired, following, current]


@pytest.mark.parametrize("state", ["current", "next"])
async def test_there_is_one_current_and_one_next_key(store: Store, state: Any) -> None:
    async with store.transaction() as c:
        await keys.insert_signing_key(c, a_signing_key("a", state=state))
    with pytest.raises(NotUnique):
        await written(store, lambda c: keys.insert_signing_key(c, a_signing_key("b", state=state)))


async def test_any_number_of_keys_is_retired_and_no_other_state_exists(store: Store) -> None:
    async with store.transaction() as c:
        for kid in "abc":
            await keys.insert_signing_key(c, a_signing_key(kid, state="retired"))
    odd: Any = "revoked"
    with pytest.raises(StoreError):
        async with store.transaction() as c:
            await keys.insert_signing_key(c, a_signing_key("d", state=odd))


async def test_a_key_changes_its_state_only_from_the_one_expected(store: Store) -> None:
    async with store.transaction() as c:
        await keys.lock_keys(c)
        await keys.insert_signing_key(c, a_signing_key("a"))
        await keys.insert_signing_key(c, a_signing_key("b", state="next", activated_at=None))
        assert not await keys.change_key_state(c, "b", state="current", expected="retired")
        assert await keys.change_key_state(c, "a", state="retired", retired_at=NOW + 9, expected="current")
        assert await keys.change_key_state(c, "b", state="current", activated_at=NOW + 9, expected="next")
        assert not await keys.change_key_state(c, "b", state="current", activated_at=NOW + 9, expected="next")
        old, new = await keys.signing_keys(c)
    assert (old.state, old.activated_at, old.retired_at) == ("retired", NOW, NOW + 9)
    assert (new.state, new.activated_at, new.retired_at) == ("current", NOW + 9, None)


async def test_a_signing_key_is_deleted_once(store: Store) -> None:
    async with store.transaction() as c:
        await keys.insert_signing_key(c, a_signing_key("a"))
        assert await keys.delete_signing_key(c, "a")
        assert not await keys.delete_signing_key(c, "a")


async def test_api_keys_are_found_by_hash_and_noted_when_used(store: Store) -> None:
    first, second = an_api_key("ci"), an_api_key("ops", created_at=NOW + 1, expires_at=NOW + 100)
    async with store.transaction() as c:
        for key in (second, first):
            await keys.insert_api_key(c, key)
        assert await keys.api_keys(c) == [first, second]
        assert await keys.api_key_by_hash(c, "hash-ops") == second
        assert await keys.api_key_by_hash(c, "ops") is None
        await keys.touch_api_key(c, first.id, now=NOW + 7)
        assert await keys.api_key_by_hash(c, "hash-ci") == replace(first, last_used_at=NOW + 7)


async def test_an_api_key_is_revoked_by_id_or_name(store: Store) -> None:
    async with store.transaction() as c:
        for name in ("ci", "ops"):
            await keys.insert_api_key(c, an_api_key(name))
        assert await keys.delete_api_key(c, "ci")
        assert await keys.delete_api_key(c, "id-ops")
        assert not await keys.delete_api_key(c, "ops")


async def test_the_name_of_an_api_key_is_taken_once(store: Store) -> None:
    async with store.transaction() as c:
        await keys.insert_api_key(c, an_api_key("ci"))
    with pytest.raises(NotUnique):
        await written(store, lambda c: keys.insert_api_key(c, an_api_key("ci", id="other", key_hash="other")))
