"""Two sign-ins, or a sign-in and an operator, at the same time: on two replicas that share a database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from broker.accounts.provision import Provisioned, provision
from broker.accounts.users import Users
from broker.clock import FrozenClock
from broker.errors import NotUnique
from broker.providers.base import AccountPolicy
from broker.store import users
from broker.store.base import Connection, Row, Store, Value
from tests.accounts.people import ADDRESS, OTHER, a_person, by_upn, proven
from tests.accounts.provisioning import everything, outcomes, people_in, provisioned
from tests.databases import open_test_store

LINKING = AccountPolicy(linking="verified_both")


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Store]]:
    stores = [await open_test_store(database_url) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


def signed_in(found: Sequence[Provisioned | str]) -> list[Provisioned]:
    return [one for one in found if isinstance(one, Provisioned)]


@pytest.mark.parametrize("count", [2, 8])
async def test_first_sign_ins_of_one_person_at_once_make_one_user(replicas: Sequence[Store], count: int) -> None:
    person = a_person("alice", by_upn(), proven(OTHER))
    found = signed_in(await outcomes(*(provisioned(replicas[n % 2], person) for n in range(count))))
    assert len(found) == count
    assert len({one.profile.user.id for one in found}) == 1
    assert sum(one.created for one in found) == 1
    rows = await everything(replicas[0])
    assert [len(rows[table]) for table in ("users", "emails", "identities", "audit_entries")] == [1, 2, 1, 1]


class _Interrupted:
    """A connection on which something else happens just before addresses are looked up."""

    def __init__(self, connection: Connection, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._connection = connection
        self._meanwhile = meanwhile

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        return await self._connection.fetch_one(sql, *arguments)

    async def fetch_all(self, sql: str, *arguments: Value) -> Sequence[Row]:
        if "FROM emails" in sql:
            await asyncio.create_task(_awaited(self._meanwhile()))
        return await self._connection.fetch_all(sql, *arguments)

    async def execute(self, sql: str, *arguments: Value) -> int:
        return await self._connection.execute(sql, *arguments)


async def _awaited(work: Awaitable[object]) -> None:
    await work


@pytest.mark.postgres
async def test_nobody_is_refused_because_their_other_first_sign_in_holds_their_address(postgres_url: str) -> None:
    """The other one is committed between the question who they are and the question who holds the address."""
    store, person = await open_test_store(postgres_url), a_person("alice", proven())
    async with store.transaction() as c:
        interrupted = _Interrupted(c, lambda: provisioned(store, person))
        with pytest.raises(NotUnique):
            await provision(interrupted, person, policy=AccountPolicy(), allow_signup=True, clock=FrozenClock())
    again = await provisioned(store, person)
    assert not again.created
    await store.close()


async def test_of_people_who_claim_one_address_at_once_one_gets_it_and_the_others_leave_no_trace(
    replicas: Sequence[Store],
) -> None:
    claims = [provisioned(replicas[n % 2], a_person(f"person{n}", proven())) for n in range(6)]
    found = await outcomes(*claims)
    assert len(signed_in(found)) == 1
    assert found.count("user_conflict") == 5
    rows = await everything(replicas[0])
    assert [len(rows[table]) for table in ("users", "emails", "identities", "audit_entries")] == [1, 1, 1, 1]


async def test_people_who_proved_one_mailbox_at_once_become_one_user_where_linking_is_on(
    replicas: Sequence[Store],
) -> None:
    people = [a_person(f"person{n}", proven(), tenant=f"tenant{n}") for n in range(4)]
    claims = [provisioned(replicas[n % 2], person, policy=LINKING) for n, person in enumerate(people)]
    found = signed_in(await outcomes(*claims))
    assert len({one.profile.user.id for one in found}) == 1
    (profile,) = await people_in(replicas[0])
    assert len(profile.identities) == 4


async def test_the_proof_of_a_mailbox_wins_whoever_comes_first(replicas: Sequence[Store]) -> None:
    for round_ in range(5):
        address = f"a{round_}@alder.example"
        proof, name = a_person(f"alice{round_}", proven(address)), a_person(f"nina{round_}", by_upn(address))
        found = await outcomes(provisioned(replicas[0], proof), provisioned(replicas[1], name))
        assert isinstance(found[0], Provisioned)
        async with replicas[0].read() as c:
            (holder,) = await users.holders(c, [address])
        assert (holder.user_id, holder.is_verified) == (found[0].profile.user.id, True)


async def test_an_address_that_its_holder_proves_at_that_moment_is_not_taken(replicas: Sequence[Store]) -> None:
    """The holder was read as unproven; whoever commits first must not have a proven address deleted under them."""
    for round_ in range(5):
        address = f"a{round_}@alder.example"
        await provisioned(replicas[0], a_person(f"nina{round_}", by_upn(address)))
        found = await outcomes(
            provisioned(replicas[0], a_person(f"nina{round_}", proven(address))),
            provisioned(replicas[1], a_person(f"alice{round_}", proven(address))),
        )
        assert isinstance(found[0], Provisioned)
        async with replicas[0].read() as c:
            (holder,) = await users.holders(c, [address])
        nina = found[0].profile.user.id
        assert holder.is_verified
        assert (holder.user_id == nina) == (found[1] == "user_conflict")


async def test_sign_ins_of_one_person_follow_one_another(replicas: Sequence[Store]) -> None:
    await provisioned(replicas[0], a_person("alice", by_upn()))
    person = a_person("alice", by_upn(), proven(OTHER), given_name="Alice")
    found = signed_in(await outcomes(*(provisioned(replicas[n % 2], person) for n in range(6))))
    assert len(found) == 6
    assert all([email.address for email in one.profile.emails] == [ADDRESS, OTHER] for one in found)
    rows = await everything(replicas[0])
    assert [row["type"] for row in rows["audit_entries"]].count("address.added") == 1


async def test_whoever_is_locked_at_that_moment_signed_in_before_or_not_at_all(replicas: Sequence[Store]) -> None:
    for round_ in range(5):
        person = a_person(f"alice{round_}", proven(f"a{round_}@alder.example"))
        user_id = (await provisioned(replicas[0], person)).profile.user.id
        operator = Users(replicas[1], FrozenClock())
        found, _ = await asyncio.gather(outcomes(provisioned(replicas[0], person)), operator.lock(user_id))
        assert isinstance(found[0], Provisioned) or found == ["account_locked"]
        assert await outcomes(provisioned(replicas[0], person)) == ["account_locked"]


async def test_whoever_is_deleted_at_that_moment_is_gone_or_a_new_user(replicas: Sequence[Store]) -> None:
    for round_ in range(5):
        person = a_person(f"alice{round_}", proven(f"a{round_}@alder.example"))
        old = (await provisioned(replicas[0], person)).profile.user.id
        (found,), deleted = await asyncio.gather(outcomes(provisioned(replicas[0], person)), _deleted(replicas[1], old))
        assert deleted
        assert isinstance(found, Provisioned)
        left = [profile.user.id for profile in await people_in(replicas[0]) if profile.user.name == f"Alice{round_}"]
        assert left == ([found.profile.user.id] if found.created else [])
        assert found.created == (found.profile.user.id != old)


async def _deleted(store: Store, user_id: str) -> bool:
    async with store.transaction() as c:
        return await users.delete_user(c, user_id)
