"""Somebody who is signed in and adds an identity, or parts with one: as the profile's actions do it, without HTTP."""

from dataclasses import dataclass, field, replace
from typing import Any

from broker.accounts.accounts import Accounts, accounts_of
from broker.accounts.connecting import Connect
from broker.clock import FrozenClock
from broker.models.browsers import Browser
from broker.models.events import Requester
from broker.models.identities import ProviderIdentity
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.store import sessions, users
from broker.store.base import Store
from tests.accounts.people import a_person
from tests.accounts.provisioning import provisioned
from tests.sessions.stage import a_sign_in
from tests.store.rows import NOW, a_session

FLOW = "6f0b2f4e-6a43-4c9e-9f9e-0f3a3c2b1a00"
REQUESTER = Requester(request_id="request")


@dataclass(kw_only=True)
class Account:
    """One signed-in person on one server; `usable` are the providers that are configured."""

    store: Store
    profile: UserProfile
    session: Session
    usable: tuple[str, ...] = ("microsoft", "custom_other")
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))

    @property
    def accounts(self) -> Accounts:
        """The use cases."""
        return accounts_of(
            self.store, self.clock, allow_deletion=True, is_usable=lambda identity: identity.provider in self.usable
        )

    async def code_for(self, person: ProviderIdentity, **sign_in: Any) -> str:
        """What the callback mints for an identity that was proven for this account."""
        found = a_sign_in(**{"connect_to": self.profile.user.id, "redeemer": FLOW, **sign_in})
        async with self.store.transaction() as c:
            return await self.accounts.connecting.mint(c, person, found)

    async def connect(self, code: str, **changes: Any) -> None:
        """Redeem it, as the page that began does."""
        request = Connect(
            unverified_code=code, unverified_verifier=None, redeemer=FLOW, session=self.session, browser=Browser()
        )
        await self.accounts.connecting.connect(replace(request, **changes))

    async def disconnect(self, identity_id: str) -> None:
        """Part with an identity."""
        await self.accounts.own.disconnect(self.session, identity_id, REQUESTER)

    async def now(self) -> UserProfile:
        """The account as it is now."""
        async with self.store.read() as c:
            found = await users.profile(c, self.profile.user.id)
        assert found is not None
        return found

    async def elsewhere(self, identity_id: str | None = None) -> Session:
        """A further session of the same person."""
        return await signed_in(self.store, self.profile, identity_id or self.profile.identities[0].id)

    async def living(self) -> set[str]:
        """The ids of the sessions that there are."""
        async with self.store.read() as c:
            return {each.id for each in await sessions.sessions_of(c, self.profile.user.id, now=NOW)}


def another(name: str = "alice", *candidates: Any, **changes: Any) -> ProviderIdentity:
    """The same person at another provider."""
    changes = {"provider": "custom_other", "subject_key": f"other:{name}", "tenant": None, **changes}
    return a_person(name, *candidates, **changes)


async def an_account(store: Store, person: ProviderIdentity) -> Account:
    """Somebody who signed in just now."""
    found = await provisioned(store, person)
    return Account(store=store, profile=found.profile, session=await signed_in(store, found.profile, found.identity_id))


async def signed_in(store: Store, profile: UserProfile, identity_id: str) -> Session:
    """A session that came by this identity."""
    session = a_session(profile.user.id, identity_id=identity_id)
    async with store.transaction() as c:
        await sessions.insert_session(c, session)
    return session
