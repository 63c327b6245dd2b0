"""Users as lists show them, on each engine: pages both ways, filters, and what belongs to everybody."""

import itertools
from collections.abc import Sequence

import pytest

from broker.crypto import new_id
from broker.models.lists import Part, Seek
from broker.models.metadata import UserMetadata
from broker.models.organizations import Membership, MembershipStatus, Organization
from broker.models.users import PeopleFilter, Person, User
from broker.store import people
from broker.store.base import Connection, Row, Store, Value
from broker.store.identities import insert_identity
from broker.store.memberships import insert_membership
from broker.store.metadata import put_metadata
from broker.store.organizations import insert_organization
from broker.store.users import delete_user, insert_email, insert_user, profile
from tests.store.rows import NOW, a_user, an_email, an_id, an_identity

EVERYBODY = PeopleFilter()
_number = itertools.count(1)


async def a_person(store: Store, *, at: int = NOW, address: str | None = None, **changes: object) -> User:
    """Somebody whom an address names; ids of chance, as imported ones are, tell nothing of the age."""
    user = a_user(created_at=at, **changes)
    async with store.transaction() as c:
        await insert_user(c, user)
        await insert_email(c, an_email(user.id, address or f"person{next(_number)}@alder.example"))
    return user


async def seven(store: Store) -> list[str]:
    """Seven people, oldest first; two came in the same second, and their ids go against their age."""
    ids = [f"{prefix}0000000-0000-4000-8000-00000000000{number}" for number, prefix in enumerate("fedcba9")]
    moments = [NOW, NOW + 1, NOW + 1, NOW + 2, NOW + 3, NOW + 4, NOW + 5]
    for user_id, at in zip(ids, moments, strict=True):
        await a_person(store, at=at, id=user_id)
    return [ids[0], *sorted(ids[1:3]), *ids[3:]]


async def asked(store: Store, wanted: Seek, sought: PeopleFilter = EVERYBODY) -> Part[Person]:
    async with store.read() as c:
        cursor = wanted.after or wanted.before
        at = None if cursor is None else await people.created_at(c, cursor)
        place = None if cursor is None or at is None else (at, cursor)
        return await people.page(c, wanted, sought, place=place)


def ids_of(page: Part[Person]) -> list[str]:
    return [each.profile.user.id for each in page.items]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_pages_follow_one_another_by_age_and_end(store: Store, newest_first: bool) -> None:
    expected = await seven(store)
    if newest_first:
        expected.reverse()
    seen: list[str] = []
    while True:
        page = await asked(store, Seek(limit=3, after=seen[-1] if seen else None, newest_first=newest_first))
        assert page.more_before is bool(seen)
        seen += ids_of(page)
        if not page.more_after:
            break
    assert seen == expected


@pytest.mark.parametrize("newest_first", [True, False])
async def test_pages_lead_back_the_way_they_came(store: Store, newest_first: bool) -> None:
    expected = await seven(store)
    if newest_first:
        expected.reverse()
    back = await asked(store, Seek(limit=3, before=expected[5], newest_first=newest_first))
    assert (ids_of(back), back.more_before, back.more_after) == (expected[2:5], True, True)
    start = await asked(store, Seek(limit=3, before=expected[2], newest_first=newest_first))
    assert (ids_of(start), start.more_before, start.more_after) == (expected[:2], False, True)


async def test_a_page_that_is_just_full_has_nothing_behind_it(store: Store) -> None:
    everybody = await seven(store)
    page = await asked(store, Seek(limit=7))
    assert (len(page.items), page.more_before, page.more_after) == (7, False, False)
    beyond = await asked(store, Seek(limit=7, after=everybody[0]))
    assert (beyond.items, beyond.more_before, beyond.more_after) == ((), False, False)


async def test_a_page_goes_on_where_somebody_stood_who_is_gone(store: Store) -> None:
    first, second, third = [await a_person(store, at=NOW + number) for number in range(3)]
    async with store.transaction() as c:
        await delete_user(c, second.id)
    async with store.read() as c:
        page = await people.page(c, Seek(after=second.id), EVERYBODY, place=(NOW + 1, second.id))
        back = await people.page(c, Seek(before=second.id), EVERYBODY, place=(NOW + 1, second.id))
    assert (ids_of(page), ids_of(back)) == ([first.id], [third.id])


async def test_the_address_that_names_somebody_finds_them_and_whoever_holds_it_alone(store: Store) -> None:
    alice = await a_person(store, address="alice@birch.example")
    bob = await a_person(store, address="bob@birch.example")
    async with store.transaction() as c:
        await insert_email(c, an_email(bob.id, "shared@birch.example", is_primary=False))
        shown = a_user()
        await insert_user(c, shown)
        await insert_email(c, an_email(shown.id, "alice@birch.example", is_verified=False, verified_by=None))
        await insert_user(c, another := a_user())
        await insert_email(c, an_email(another.id, "shared@birch.example", is_verified=False, verified_by=None))
        for displayed in (mine := a_user(), theirs := a_user()):
            await insert_user(c, displayed)
            await insert_email(c, an_email(displayed.id, "free@birch.example", is_verified=False, verified_by=None))

    assert ids_of(await asked(store, Seek(), PeopleFilter(address="alice@birch.example"))) == [alice.id]
    # Held by somebody whom another address names.
    assert ids_of(await asked(store, Seek(), PeopleFilter(address="shared@birch.example"))) == []
    free = await asked(store, Seek(), PeopleFilter(address="free@birch.example"))
    assert set(ids_of(free)) == {mine.id, theirs.id}


async def test_an_emulators_word_hides_nobody(store: Store) -> None:
    emulated = await a_person(store, address="alice@birch.example")
    async with store.transaction() as c:
        await insert_identity(c, an_identity(emulated.id, emulator=True))
        await insert_user(c, real := a_user())
        await insert_email(c, an_email(real.id, "alice@birch.example", is_verified=False, verified_by=None))

    found = await asked(store, Seek(), PeopleFilter(address="alice@birch.example"))
    assert set(ids_of(found)) == {emulated.id, real.id}


async def test_whom_no_address_names_is_in_no_list(store: Store) -> None:
    async with store.transaction() as c:
        await insert_user(c, a_user())
    assert (await asked(store, Seek())).items == ()


async def test_active_members_of_an_organization_are_listed_alone(store: Store) -> None:
    inside, outside, former = [await a_person(store) for _ in range(3)]
    organization = Organization(
        id=an_id(),
        name="Alder",
        domains=(),
        external_id=None,
        metadata={},
        admits_outsiders=False,
        created_at=NOW,
        updated_at=NOW,
    )
    memberships: list[tuple[User, MembershipStatus]] = [(inside, "active"), (former, "inactive")]
    async with store.transaction() as c:
        await insert_organization(c, organization)
        for user, status in memberships:
            member = Membership(
                id=an_id(),
                user_id=user.id,
                organization_id=organization.id,
                status=status,
                roles=("member",),
                created_at=NOW,
                updated_at=NOW,
            )
            await insert_membership(c, member)
    assert ids_of(await asked(store, Seek(), PeopleFilter(organization_id=organization.id))) == [inside.id]
    assert ids_of(await asked(store, Seek(), PeopleFilter(organization_id=new_id(NOW)))) == []
    assert outside.id in ids_of(await asked(store, Seek()))


async def test_people_come_in_the_order_asked_for_with_everything_of_theirs(store: Store) -> None:
    alice, bob = await a_person(store), await a_person(store, external_id="b-1", locale="fr")
    kept = UserMetadata(public={"plan": "gold"})
    async with store.transaction() as c:
        for number in range(2):
            await insert_identity(c, an_identity(alice.id, f"k{number}", created_at=NOW + number))
        await put_metadata(c, bob.id, kept)
    async with store.read() as c:
        found = await people.people(c, [bob.id, alice.id, an_id()])
        first, second = await profile(c, bob.id), await profile(c, alice.id)
        assert first is not None
        assert second is not None
        assert found == [Person(profile=first, metadata=kept), Person(profile=second)]
        assert await people.people(c, []) == []
        assert await people.by_external_id(c, "b-1") == bob.id
        assert await people.by_external_id(c, "B-1") is None
        assert (found[0].profile.user.external_id, found[0].profile.user.locale) == ("b-1", "fr")


@pytest.mark.parametrize(
    ("verified_by", "with_identity", "is_one"),
    [("xms_edov", True, True), ("upn", True, True), (None, False, True), (None, True, False)],
)
async def test_an_address_that_a_stranger_only_displays_is_free(
    store: Store, verified_by: str | None, with_identity: bool, is_one: bool
) -> None:
    other = a_user()
    async with store.transaction() as c:
        await insert_user(c, other)
        await insert_email(c, an_email(other.id, is_verified=verified_by == "xms_edov", verified_by=verified_by))
        if with_identity:
            await insert_identity(c, an_identity(other.id))
    async with store.read() as c:
        assert await people.has_namesake(c, "alice@alder.example", beside=an_id()) is is_one
        assert await people.has_namesake(c, "alice@alder.example", beside=other.id) is False


class Explaining:
    """A connection that asks the engine how it would read, before it reads."""

    def __init__(self, inner: Connection, explain: str) -> None:
        self.plans: list[str] = []
        self._inner = inner
        self._explain = explain

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        rows = await self._inner.fetch_all(f"{self._explain} {sql}", *arguments)
        self.plans.append("\n".join(str(row.get("detail") or row.get("QUERY PLAN")) for row in rows))
        return await self._inner.fetch_all(sql, *arguments)

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        return await self._inner.fetch_one(sql, *arguments)

    async def execute(self, sql: str, *arguments: Value) -> int:
        return await self._inner.execute(sql, *arguments)


@pytest.mark.parametrize(
    ("sought", "index"),
    [(EVERYBODY, "users_age"), (PeopleFilter(address="person1@alder.example"), "emails_naming")],
)
async def test_no_page_reads_or_sorts_the_whole_table(store: Store, sought: PeopleFilter, index: str) -> None:
    for number in range(3):
        await a_person(store, at=NOW + number, address=f"person{number}@alder.example")
    async with store.transaction() as c:
        if store.engine == "postgres":
            # So few rows are read as quickly without an index: what counts is that there is one that serves.
            for setting in ("enable_seqscan", "enable_sort"):
                await c.execute(f"SET LOCAL {setting} = off")
        explaining = Explaining(c, "EXPLAIN QUERY PLAN" if store.engine == "sqlite" else "EXPLAIN")
        for wanted in (Seek(after="f"), Seek(before="f"), Seek(after="f", newest_first=False)):
            await people.page(explaining, wanted, sought, place=(NOW + 1, "f"))
    for plan in explaining.plans:
        assert "Seq Scan" not in plan, plan
        assert "SCAN " not in plan, plan
    lists = [plan for plan in explaining.plans if index in plan]
    assert len(lists) >= 3
    assert index != "users_age" or not any("Sort" in plan or "TEMP B-TREE" in plan for plan in lists)
