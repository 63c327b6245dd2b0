"""What people do to their own account, and what they cannot: nothing to anybody else's, and never the last way in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest

from broker.accounts.own_account import removable
from broker.accounts.provision import provision
from broker.clock import FrozenClock
from broker.errors import Conflict, NotAuthenticated, NotFound, NotUnique
from broker.models.identities import PARTED, AddressCandidate
from broker.models.provider_tokens import KeptGrant
from broker.models.users import Email
from broker.providers.base import AccountPolicy
from broker.store import audit, provider_tokens, sessions, signins
from broker.store.base import Connection, Row, Store, Value
from broker.store.provider_tokens import Sealed
from tests.accounts.connections import REQUESTER, Account, an_account, another
from tests.accounts.people import ADDRESS, OTHER, a_person, by_upn, proven
from tests.accounts.provisioning import everything, people_in, provisioned, trail
from tests.databases import open_test_store
from tests.store.rows import NOW, a_code


@pytest.fixture
async def alice(store: Store) -> Account:
    """With two identities, and an address that neither vouches for any more."""
    account = await an_account(store, a_person("alice", proven("old@alder.example")))
    await provisioned(store, a_person("alice", proven()))
    await account.connect(await account.code_for(another("alice", proven("alice@other.example"))))
    account.profile = await account.now()
    return account


@pytest.fixture
async def mallory(store: Store) -> Account:
    return await an_account(store, a_person("mallory", by_upn("mallory@birch.example")))


def identity(account: Account, provider: str) -> str:
    return next(each.id for each in account.profile.identities if each.provider == provider)


def email(account: Account, address: str) -> Email:
    return next(each for each in account.profile.emails if each.address == address)


async def types(account: Account) -> list[str]:
    return [entry.type for entry in await trail(account.store)]


async def kept(account: Account, provider: str) -> KeptGrant | None:
    async with account.store.read() as c:
        return await provider_tokens.kept_grant(c, identity(account, provider))


async def test_parted_identity_is_a_stranger_from_then_on(alice: Account) -> None:
    await alice.disconnect(identity(alice, "custom_other"))
    assert [each.provider for each in (await alice.now()).identities] == ["microsoft"]
    new = await provisioned(alice.store, another("alice", by_upn("alice@third.example")))
    assert new.created
    (entry,) = [each for each in await trail(alice.store) if each.type == "identity.unlinked"]
    assert (entry.user_id, entry.session_id, entry.detail) == (
        alice.profile.user.id,
        alice.session.id,
        {"provider": "custom_other"},
    )


async def test_its_sessions_codes_and_tokens_go_with_it(alice: Account) -> None:
    """Whoever parts with an identity may do so because somebody else has got it."""
    theirs = await alice.elsewhere(identity(alice, "custom_other"))
    mine = await alice.elsewhere(identity(alice, "microsoft"))
    gone = next(each for each in alice.profile.identities if each.provider == "custom_other")
    async with alice.store.transaction() as c:
        await signins.insert_code(c, a_code(gone))
        sealed = Sealed(sealed="sealed", renewable=True, scopes=(), access_expires_at=NOW)
        await provider_tokens.put_tokens(c, gone.id, gone.provider, sealed, now=NOW)
    await alice.disconnect(gone.id)
    assert await alice.living() == {alice.session.id, mine.id}
    async with alice.store.read() as c:
        assert await signins.code(c, "c" * 64) is None
        (ended,) = [each for each in await audit.entries(c) if each.type == "session.ended"]
    assert (ended.session_id, ended.detail) == (theirs.id, {"reason": "disconnected"})
    assert await kept(alice, "custom_other") is None


async def test_session_of_whoever_parts_goes_on_also_where_it_came_by_that_identity(alice: Account) -> None:
    await alice.disconnect(identity(alice, "microsoft"))
    async with alice.store.read() as c:
        left = await sessions.session(c, alice.session.id)
    assert left is not None
    assert left.identity_id is None


async def test_session_that_came_by_another_identity_still_says_so(alice: Account) -> None:
    """Or it would outlive the identity that it did come by."""
    await alice.disconnect(identity(alice, "custom_other"))
    async with alice.store.read() as c:
        left = await sessions.session(c, alice.session.id)
    assert left is not None
    assert left.identity_id == identity(alice, "microsoft")


async def test_last_identity_stays(alice: Account) -> None:
    await alice.disconnect(identity(alice, "custom_other"))
    with pytest.raises(Conflict):
        await alice.disconnect(identity(alice, "microsoft"))


async def test_of_two_identities_parted_with_at_once_one_stays(alice: Account) -> None:
    ids = [each.id for each in alice.profile.identities]
    answers = await asyncio.gather(*(alice.disconnect(each) for each in ids), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Conflict", "NoneType"]
    assert len((await alice.now()).identities) == 1


async def test_identity_of_a_provider_that_is_switched_off_is_no_way_in(alice: Account) -> None:
    alice.usable = ("microsoft",)
    with pytest.raises(Conflict):
        await alice.disconnect(identity(alice, "microsoft"))
    await alice.disconnect(identity(alice, "custom_other"))


async def test_identity_of_another_is_not_there(alice: Account, mallory: Account) -> None:
    before = await everything(alice.store)
    with pytest.raises(NotFound):
        await mallory.disconnect(identity(alice, "custom_other"))
    assert await everything(alice.store) == before


async def test_primary_address_and_what_an_identity_vouches_for_stay(alice: Account) -> None:
    assert {each.address for each in removable(alice.profile)} == set()
    for address in ("old@alder.example", "alice@alder.example", "alice@other.example"):
        with pytest.raises(Conflict):
            await alice.accounts.own.delete_address(alice.session, email(alice, address).id, REQUESTER)
    await alice.accounts.own.set_primary(alice.session, email(alice, "alice@alder.example").id, REQUESTER)
    await alice.accounts.own.delete_address(alice.session, email(alice, "old@alder.example").id, REQUESTER)
    assert {each.address: each.is_primary for each in (await alice.now()).emails} == {
        "alice@alder.example": True,
        "alice@other.example": False,
    }
    assert {"address.primary_changed", "address.deleted"} <= set(await types(alice))


async def test_choosing_the_primary_address_again_is_no_news(alice: Account) -> None:
    before = await everything(alice.store)
    await alice.accounts.own.set_primary(alice.session, email(alice, "old@alder.example").id, REQUESTER)
    assert await everything(alice.store) == before


async def test_address_that_nobody_proved_never_names_the_account(store: Store) -> None:
    nina = await an_account(store, a_person("nina", proven("nina@alder.example"), by_upn(OTHER)))
    name = next(each for each in nina.profile.emails if each.address == OTHER)
    with pytest.raises(Conflict):
        await nina.accounts.own.set_primary(nina.session, name.id, REQUESTER)


@pytest.mark.parametrize("linking", ["never", "verified_both"])
@pytest.mark.parametrize("second", [(), (by_upn(OTHER),)], ids=["one address", "behind a sign-in name"])
async def test_mailbox_of_a_parted_provider_is_the_next_employees_and_leads_them_to_nobody(
    store: Store, linking: Literal["never", "verified_both"], second: tuple[AddressCandidate, ...]
) -> None:
    """Or whoever left would wait, with the address still proven and its directory gone, for who gets the mailbox."""
    old = await an_account(store, a_person("old", *second, proven()))
    await old.connect(await old.code_for(another("old", proven("old@private.example"))))
    old.profile = await old.now()
    await old.disconnect(identity(old, "microsoft"))
    assert {each.address for each in (await old.now()).emails} >= {ADDRESS}, "it stays until somebody proves it"
    new = await provisioned(store, a_person("new", proven()), policy=AccountPolicy(linking=linking))
    assert new.created
    assert [each.address for each in new.profile.emails] == [ADDRESS]
    left = {each.address: each.is_primary for each in (await old.now()).emails}
    assert ADDRESS not in left
    assert left["old@private.example"] or second


async def test_address_that_another_provider_vouches_for_stays_proven(store: Store) -> None:
    alice = await an_account(store, a_person("alice", proven()))
    await alice.connect(await alice.code_for(another("alice", proven())))
    alice.profile = await alice.now()
    await alice.disconnect(identity(alice, "custom_other"))
    assert [each.verified_by for each in (await alice.now()).emails] == ["xms_edov"]


async def test_address_is_proven_again_by_whoever_remains(alice: Account) -> None:
    await alice.disconnect(identity(alice, "microsoft"))
    parted = {each.address for each in (await alice.now()).emails if each.verified_by == PARTED}
    assert parted == {"old@alder.example", "alice@alder.example"}
    assert {each.address for each in (await alice.now()).emails if each.is_verified} == {"alice@other.example"}
    await provisioned(alice.store, another("alice", proven("alice@other.example"), proven("alice@alder.example")))
    assert {each.address for each in (await alice.now()).emails if each.verified_by == PARTED} == {"old@alder.example"}


async def test_address_of_another_is_not_there(alice: Account, mallory: Account) -> None:
    before = await everything(alice.store)
    theirs = email(alice, "alice@other.example").id
    for deed in (mallory.accounts.own.delete_address, mallory.accounts.own.set_primary):
        with pytest.raises(NotFound):
            await deed(mallory.session, theirs, REQUESTER)
    assert await everything(alice.store) == before


async def test_whoever_leaves_takes_everything_along_but_the_trail(alice: Account, mallory: Account) -> None:
    await alice.accounts.own.delete(alice.session, REQUESTER)
    assert [each.user.id for each in await people_in(alice.store)] == [mallory.profile.user.id]
    assert await alice.living() == set()
    (entry,) = [each for each in await trail(alice.store) if each.type == "user.deleted"]
    assert (entry.user_id, entry.actor) == (alice.profile.user.id, "user")


async def test_nobody_leaves_by_themselves_where_the_operator_does_not_want_it(alice: Account) -> None:
    own = alice.accounts.own
    own.allow_deletion = False
    with pytest.raises(NotFound):
        await own.delete(alice.session, REQUESTER)
    assert len(await people_in(alice.store)) == 1


@pytest.mark.parametrize("deed", ["disconnect", "delete_address", "set_primary", "delete"])
async def test_session_that_ended_a_moment_ago_does_nothing(alice: Account, deed: str) -> None:
    async with alice.store.transaction() as c:
        await sessions.delete_session(c, alice.session.id)
    before = await everything(alice.store)
    own, arguments = alice.accounts.own, ["x"] * (deed != "delete")
    with pytest.raises(NotAuthenticated):
        await getattr(own, deed)(alice.session, *arguments, REQUESTER)
    assert await everything(alice.store) == before


class _Meanwhile:
    """A connection on which something else is committed just before the user's row is locked."""

    def __init__(self, connection: Connection, deed: Callable[[], Awaitable[object]]) -> None:
        self._connection = connection
        self._deed: Callable[[], Awaitable[object]] | None = deed
        self.execute, self.fetch_all = connection.execute, connection.fetch_all

    async def fetch_one(self, sql: str, *arguments: Value) -> Row | None:
        if self._deed is not None and sql.startswith("UPDATE users SET updated_at"):
            deed, self._deed = self._deed, None
            await asyncio.create_task(_done(deed))
        return await self._connection.fetch_one(sql, *arguments)


async def _done(deed: Callable[[], Awaitable[object]]) -> None:
    await deed()


@pytest.mark.postgres
async def test_sign_in_by_an_identity_that_is_parted_with_at_that_moment_begins_anew(postgres_url: str) -> None:
    """It was found as theirs; a session by it must not be made, and the sign-in does not end in a mistake of ours."""
    store = await open_test_store(postgres_url)
    alice = await an_account(store, a_person("alice", proven()))
    person = another("alice", proven("alice@other.example"))
    await alice.connect(await alice.code_for(person))
    alice.profile = await alice.now()
    gone = identity(alice, "custom_other")
    async with store.transaction() as c:
        interrupted = _Meanwhile(c, lambda: alice.disconnect(gone))
        with pytest.raises(NotUnique):
            await provision(interrupted, person, policy=AccountPolicy(), allow_signup=True, clock=FrozenClock())
    again = await provisioned(store, person)
    assert again.created
    await store.close()
