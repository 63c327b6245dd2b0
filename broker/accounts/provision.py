"""Carry a linking decision out, in the transaction that the sign-in ends with: read this file to learn what is written.

Everything here happens in one transaction with its audit entries. A race (two first sign-ins of one person, an
address taken in between) shows as `NotUnique`; the caller then asks again from the start, with what is there by now.
"""

from dataclasses import dataclass, replace

from broker.accounts.adopting import Addresses
from broker.accounts.linking import (
    CreateUser,
    Known,
    LinkIdentity,
    Question,
    Refuse,
    SignInUser,
    decide,
)
from broker.accounts.strength import is_proof
from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import IdentityRefused, LinkingRefused, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import NOBODY, Requester
from broker.models.identities import Identity, ProviderIdentity
from broker.models.imports import ImportedIdentity
from broker.models.users import User, UserProfile
from broker.providers.base import AccountPolicy
from broker.store import identities, imports, users
from broker.store.base import Connection


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """The user, the identity they used, whether the user is new; `renamed`: nothing else of theirs has changed."""

    profile: UserProfile
    identity_id: str
    created: bool
    renamed: bool = False


async def provision(
    connection: Connection,
    identity: ProviderIdentity,
    *,
    policy: AccountPolicy,
    allow_signup: bool,
    clock: Clock,
    requester: Requester = NOBODY,
) -> Provisioned:
    """Find or create the user of a proven identity.

    Raises the refusal of the decision (`IdentityRefused`, `LinkingRefused`, `TokenInvalid`), or `NotUnique` when
    somebody was faster and the whole transaction should be tried again.
    """
    writer = _Writer(connection, identity, clock, requester)
    known = await writer.look_up()
    decision = decide(Question(identity=identity, known=known, policy=policy, allow_signup=allow_signup))
    match decision:
        case Refuse(error=error):
            raise error
        case SignInUser():
            return await writer.sign_in(decision, known)
        case LinkIdentity():
            return await writer.link(decision)
        case CreateUser():
            return await writer.create(decision)


async def attach(
    connection: Connection, user_id: str, identity: ProviderIdentity, *, clock: Clock, requester: Requester = NOBODY
) -> None:
    """Add a proven identity to a user who asks for it; one that is theirs already changes nothing but its addresses.

    Raises `IdentityRefused` (locked), `LinkingRefused` with `identity_taken`, or `NotUnique` as `provision` does.
    """
    await _Writer(connection, identity, clock, requester).attach(user_id)


class _Writer:
    """One provisioning. The user's row is locked before anything of theirs changes."""

    def __init__(self, connection: Connection, identity: ProviderIdentity, clock: Clock, requester: Requester) -> None:
        self._connection = connection
        self._identity = identity
        self._clock = clock
        self._requester = requester
        self._addresses = Addresses(connection, identity, clock, requester)

    async def look_up(self) -> Known:
        found = await identities.identity_by_key(self._connection, self._identity.provider, self._identity.subject_key)
        if found is None:
            found = await self._recognise()
        if found is None:
            return await self._look_up_stranger()
        user = await users.lock_user_row(self._connection, found.user_id)
        if user is None:
            raise NotUnique("the user was deleted meanwhile")
        profile = await users.profile_of(self._connection, user)
        if all(each.id != found.id for each in profile.identities):
            raise NotUnique("the identity was parted with meanwhile")
        return Known(record=found, profile=profile, holders=await self._addresses.holders(profile.emails))

    async def _recognise(self) -> Identity | None:
        """An identity that was imported by its subject alone, found by whose subject it is, and ours from now on.

        All of provider, issuer, subject and client id must fit: Microsoft makes `sub` for each registration, and
        another directory could bring the same one. An emulator's word recognises nobody.
        """
        issuer = self._identity.issuer
        if issuer is None or self._identity.emulator:
            return None
        waiting = await imports.imported(
            self._connection,
            provider=self._identity.provider,
            issuer=issuer,
            subject=self._identity.subject,
            provider_client_id=self._identity.provider_client_id,
        )
        if waiting is None:
            return None
        if await users.lock_user_row(self._connection, waiting.user_id) is None:
            raise NotUnique("the user was deleted meanwhile")
        if not await imports.take_imported(self._connection, waiting.id):
            raise NotUnique("another sign-in of this person was faster")
        identity = await self._insert_identity(waiting.user_id, waiting.address, recognised=waiting)
        await self._record(Event.IDENTITY_RECOGNISED, user_id=waiting.user_id, identity_id=identity)
        return await identities.identity_by_key(self._connection, self._identity.provider, self._identity.subject_key)

    async def _look_up_stranger(self) -> Known:
        """Who holds the addresses of somebody unknown. Their own other first sign-in may just have been committed: then
        they are not refused for holding their own address, they are known.
        """
        holders = await self._addresses.holders(())
        key = (self._identity.provider, self._identity.subject_key)
        if holders and await identities.identity_by_key(self._connection, *key) is not None:
            raise NotUnique("another sign-in of this person was faster")
        return Known(holders=holders)

    async def sign_in(self, decision: SignInUser, known: Known) -> Provisioned:
        record, profile = _found(known)
        await self._adopt(decision, profile)
        identity = await self._remember_sign_in(record)
        is_updated = await self._update(profile.user, gained=decision.gains)
        if is_updated:
            profile = await self._profile(decision.user_id)
        else:
            mine = tuple(identity if each.id == identity.id else each for each in profile.identities)
            profile = replace(profile, identities=mine)
        renamed = is_updated and not decision.gains
        return Provisioned(profile=profile, identity_id=identity.id, created=False, renamed=renamed)

    async def link(self, decision: LinkIdentity) -> Provisioned:
        user = await users.lock_user_row(self._connection, decision.user_id)
        if user is None:
            raise NotUnique("the user was deleted meanwhile")
        if user.locked_at is not None:
            raise IdentityRefused.locked(user.id)
        await self._require_unchanged(decision, user)
        identity_id = await self._insert_identity(decision.user_id, decision.address)
        await users.note_change(self._connection, decision.user_id, now=self._clock.now())
        await self._record(Event.IDENTITY_LINKED, user_id=decision.user_id, identity_id=identity_id)
        return Provisioned(profile=await self._profile(decision.user_id), identity_id=identity_id, created=False)

    async def _require_unchanged(self, decision: LinkIdentity, user: User) -> None:
        """What the decision rests on still holds now that the row is locked: another sign-in may have been faster."""
        profile = await users.profile_of(self._connection, user)
        holds = any(email.address == decision.address and is_proof(email) for email in profile.emails)
        directory = (self._identity.provider, self._identity.tenant)
        if not holds or any((each.provider, each.tenant) == directory for each in profile.identities):
            raise NotUnique("the user has changed meanwhile")

    async def attach(self, user_id: str) -> None:
        user = await users.lock_user_row(self._connection, user_id)
        if user is None:
            raise LinkingRefused("the user is gone", code="user_conflict")
        known = await identities.identity_by_key(self._connection, self._identity.provider, self._identity.subject_key)
        known = known or await self._recognise()
        if known is not None and known.user_id != user_id:
            raise LinkingRefused("the identity is somebody else's", code="identity_taken")
        if known is None:
            identity_id = await self._insert_identity(user_id, None)
            await self._record(Event.IDENTITY_LINKED, user_id=user_id, identity_id=identity_id)
        found = await self.look_up()
        decision = decide(Question(identity=self._identity, known=found, policy=AccountPolicy(), allow_signup=False))
        if not isinstance(decision, SignInUser):
            raise decision.error if isinstance(decision, Refuse) else AssertionError("a known identity signs in")
        # Names stay as they are, as with `link`: who adds a way in does not mean to be called otherwise.
        record, profile = _found(found)
        await self._adopt(decision, profile)
        await self._remember_sign_in(record)
        if known is None or decision.gains:
            await users.note_change(self._connection, user_id, now=self._clock.now())

    async def _adopt(self, decision: SignInUser, profile: UserProfile) -> None:
        has_primary = profile.primary_email is not None
        for change in decision.changes:
            is_added = change.kind == "add"
            await self._addresses.apply(change, decision.user_id, is_primary=is_added and not has_primary)
            has_primary = has_primary or is_added

    async def create(self, decision: CreateUser) -> Provisioned:
        now = self._clock.now()
        user = User(
            id=new_id(self._clock.now_ms()),
            name=self._identity.whole_name,
            given_name=self._identity.given_name,
            family_name=self._identity.family_name,
            picture=self._identity.picture,
            created_at=now,
            updated_at=now,
            locked_at=None,
        )
        await users.insert_user(self._connection, user)
        address = decision.additions[0].candidate.address if decision.additions else None
        identity_id = await self._insert_identity(user.id, address)
        for position, addition in enumerate(decision.additions):
            await self._addresses.apply(addition, user.id, is_primary=position == 0, announce=False)
        await self._record(Event.USER_CREATED, user_id=user.id, identity_id=identity_id)
        return Provisioned(profile=await self._profile(user.id), identity_id=identity_id, created=True)

    async def _insert_identity(
        self, user_id: str, address: str | None, *, recognised: ImportedIdentity | None = None
    ) -> str:
        now = self._clock.now()
        identity_id = new_id(self._clock.now_ms()) if recognised is None else recognised.id
        await identities.insert_identity(
            self._connection,
            Identity(
                id=identity_id,
                user_id=user_id,
                provider=self._identity.provider,
                subject_key=self._identity.subject_key,
                subject=self._identity.subject,
                provider_client_id=self._identity.provider_client_id,
                tenant=self._identity.tenant,
                address=address,
                emulator=self._identity.emulator,
                created_at=now if recognised is None else recognised.created_at,
                last_sign_in_at=now,
                missing_claims=self._identity.missing_claims,
            ),
        )
        return identity_id

    async def _remember_sign_in(self, known: Identity) -> Identity:
        acceptable = [item.address for item in self._identity.candidates if item.verified_by is not None]
        asked = self._identity if self._identity.is_operators else known
        fresh = replace(
            known,
            subject=asked.subject,
            provider_client_id=asked.provider_client_id,
            tenant=self._identity.tenant,
            address=acceptable[0] if acceptable else known.address,
            last_sign_in_at=self._clock.now(),
            missing_claims=asked.missing_claims,
        )
        await identities.record_sign_in(self._connection, fresh)
        return fresh

    async def _update(self, user: User, *, gained: bool) -> bool:
        """Take over names that changed, and the time if they did or the user `gained` something; whether either."""
        fresh = (self._identity.whole_name, self._identity.given_name, self._identity.family_name)
        standing = (user.name, user.given_name, user.family_name)
        if not gained and all(new is None or new == old for new, old in zip(fresh, standing, strict=True)):
            return False
        await users.update_profile(
            self._connection,
            user.id,
            name=self._identity.whole_name,
            given_name=self._identity.given_name,
            family_name=self._identity.family_name,
            now=self._clock.now(),
        )
        return True

    async def _profile(self, user_id: str) -> UserProfile:
        profile = await users.profile(self._connection, user_id)
        if profile is None:
            raise NotUnique("the user was deleted meanwhile")
        return profile

    async def _record(self, event: Event, *, user_id: str, identity_id: str | None = None) -> None:
        await record(
            self._connection,
            event,
            clock=self._clock,
            user_id=user_id,
            identity_id=identity_id,
            requester=self._requester,
            provider=self._identity.provider,
        )


def _found(known: Known) -> tuple[Identity, UserProfile]:
    assert known.record is not None  # noqa: S101 - only a known identity signs in
    assert known.profile is not None  # noqa: S101 - and it has a user
    return known.record, known.profile
