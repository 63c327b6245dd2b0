"""Memberships: a user is in an organization once, whoever is faster, and may be there in several states."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from broker.models.lists import Seek
from broker.models.organizations import Membership, MembershipFilter
from broker.store import memberships, users
from broker.store.base import Store
from tests.store.rows import NOW, an_email, stored_user
from tests.store.test_organizations import a_membership, an_organization, stored


async def test_a_user_is_in_an_organization_once(store: Store) -> None:
    alder, user = an_organization(), await stored_user(store)
    await stored(store, alder)
    first = a_membership(user.id, alder, roles=("admin", "member"))
    async with store.transaction() as c:
        assert await memberships.insert_membership(c, first)
        assert not await memberships.insert_membership(c, a_membership(user.id, alder))
        assert await memberships.membership_of(c, user.id, alder.id) == first
        assert await memberships.membership(c, first.id) == first
        assert (await memberships.page(c, Seek(), MembershipFilter(organization_id=alder.id))).items == (first,)


async def test_two_sign_ins_at_once_make_one_member(store: Store) -> None:
    alder, user = an_organization(), await stored_user(store)
    await stored(store, alder)

    async def join() -> bool:
        async with store.transaction() as c:
            await users.lock_user_row(c, user.id)
            return await memberships.insert_membership(c, a_membership(user.id, alder))

    answers = await asyncio.gather(*(join() for _ in range(5)))
    assert sorted(answers) == [False] * 4 + [True]


async def test_people_without_an_address_are_left_out_where_that_is_asked(store: Store) -> None:
    alder, alice, bob = an_organization(), await stored_user(store), await stored_user(store)
    await stored(store, alder)
    async with store.transaction() as c:
        await users.insert_email(c, an_email(alice.id))
        for user in (alice, bob):
            await memberships.insert_membership(c, a_membership(user.id, alder))
        page = await memberships.page(c, Seek(), MembershipFilter(named=True))
    assert [each.user_id for each in page.items] == [alice.id]


async def test_memberships_are_listed_by_user_organization_and_status(store: Store) -> None:
    alder, birch = an_organization(), an_organization("Birch")
    await stored(store, alder, birch)
    alice, bob = await stored_user(store), await stored_user(store)
    kept = [
        a_membership(alice.id, alder),
        a_membership(alice.id, birch, status="inactive"),
        a_membership(bob.id, alder),
    ]
    async with store.transaction() as c:
        for membership in kept:
            assert await memberships.insert_membership(c, membership)

        async def found(**sought: Any) -> Sequence[Membership]:
            return (await memberships.page(c, Seek(newest_first=False), MembershipFilter(**sought))).items

        assert await found(user_id=alice.id) == (kept[0],)
        assert await found(user_id=alice.id, statuses=("active", "inactive")) == (kept[0], kept[1])
        assert await found(organization_id=alder.id) == (kept[0], kept[2])
        changed = replace(kept[0], status="inactive", roles=("admin",), updated_at=NOW + 1)
        assert await memberships.put_membership(c, changed)
        assert await memberships.membership(c, kept[0].id) == changed
        assert await memberships.delete_membership(c, kept[0].id)
        assert not await memberships.put_membership(c, changed)
        assert not await memberships.delete_membership(c, kept[0].id)
