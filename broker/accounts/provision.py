"""Carry a linking decision out, in the transaction that the sign-in ends with: read this file to learn what is written.

Everything here happens in one transaction with its audit entries. A race (two first sign-ins of one person, an
address taken in between) shows as `NotUnique`; the caller then asks again from the start, with what is there by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.accounts.linking import (
    AddressChange,
    CreateUser,
    Known,
    LinkIdentity,
    Question,
    Refuse,
    SignInUser,
    addresses_in_question,
    decide,
    is_proof,
)
from broker.clock import Clock
from broker.crypto import new_id, token_hash
from broker.errors import IdentityRefused, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import is_recorded, record
from broker.models.events import NOBODY, Requester
from broker.models.identities import Identity, ProviderIdentity
from broker.models.users import Email, User, UserProfile
from broker.providers.base import AccountPolicy
from broker.store import identities, users
from broker.store.base import Connection
from broker.store.users import AddressHolder


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """Who is signing in: the user with their addresses, the identity they used, and whether the user is new."""

    profile: UserProfile
    identity_id: str
    created: bool


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


class _Writer:
    """One provisioning. The user's row is locked before anything of theirs changes."""

    def __init__(self, connection: Connection, identity: ProviderIdentity, clock: Clock, requester: Requester) -> None:
        self._connection = connection
        self._identity = identity
        self._clock = clock
        self._requester = requester

    async def look_up(self) -> Known:
        found = await identities.identity_by_key(self._connection, self._identity.provider, self._identity.subject_key)
        if found is None:
            return await self._look_up_stranger()
        user = await users.lock_user_row(self._connection, found.user_id)
        if user is None:
            raise NotUnique("the user was deleted meanwhile")
        profile = await users.profile_of(self._connection, user)
        return Known(record=found, profile=profile, holders=await self._holders(profile.emails))

    async def _look_up_stranger(self) -> Known:
        """Who holds the addresses of somebody unknown. Their own other first sign-in may just have been committed: then
        they are not refused for holding their own address, they are known.
        """
        holders = await self._holders(())
        key = (self._identity.provider, self._identity.subject_key)
        if holders and await identities.identity_by_key(self._connection, *key) is not None:
            raise NotUnique("another sign-in of this person was faster")
        return Known(holders=holders)

    async def sign_in(self, decision: SignInUser, known: Known) -> Provisioned:
        record, profile = known.record, known.profile
        assert record is not None  # noqa: S101 - the case _known_identity has a record
        assert profile is not None  # noqa: S101 - and its user
        has_primary = profile.primary_email is not None
        for change in decision.changes:
            is_added = change.kind == "add"
            await self._apply(change, decision.user_id, is_primary=is_added and not has_primary)
            has_primary = has_primary or is_added
        identity = await self._remember_sign_in(record)
        gained = any(change.kind != "not_adopted" for change in decision.changes)
        if await self._update(profile.user, gained=gained):
            profile = await self._profile(decision.user_id)
        else:
            mine = tuple(identity if each.id == identity.id else each for each in profile.identities)
            profile = replace(profile, identities=mine)
        return Provisioned(profile=profile, identity_id=identity.id, created=False)

    async def link(self, decision: LinkIdentity) -> Provisioned:
        user = await users.lock_user_row(self._connection, decision.user_id)
        if user is None:
            raise NotUnique("the user was deleted meanwhile")
        if user.locked_at is not None:
            raise IdentityRefused("the user is locked", code="account_locked")
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

    async def create(self, decision: CreateUser) -> Provisioned:
        now = self._clock.now()
        user = User(
            id=new_id(self._clock.now_ms()),
            name=self._identity.name,
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
            await self._apply(addition, user.id, is_primary=position == 0, announce=False)
        await self._record(Event.USER_CREATED, user_id=user.id, identity_id=identity_id)
        return Provisioned(profile=await self._profile(user.id), identity_id=identity_id, created=True)

    async def _apply(self, change: AddressChange, user_id: str, *, is_primary: bool, announce: bool = True) -> None:
        if change.release is not None:
            await self._release(change.release)
        if change.kind == "not_adopted":
            await self._note_not_adopted(change.candidate.address, user_id)
        elif change.kind == "prove":
            await self._prove(change)
            await self._record(Event.ADDRESS_PROVEN, user_id=user_id, verified_by=change.candidate.verified_by)
        else:
            await users.insert_email(self._connection, self._email(change, user_id, is_primary=is_primary))
            if announce:
                await self._record(Event.ADDRESS_ADDED, user_id=user_id, verified_by=change.candidate.verified_by)

    async def _note_not_adopted(self, address: str, user_id: str) -> None:
        """Once, not at every sign-in: a hash with the user's id in it stands for the address, which the trail never
        holds, and tells nothing about it to whoever reads of another user.
        """
        event, address_hash = Event.ADDRESS_NOT_ADOPTED, token_hash(f"{user_id} {address}")[:32]
        detail = {"provider": self._identity.provider, "address_hash": address_hash}
        if not await is_recorded(self._connection, event, user_id=user_id, detail=detail):
            await self._record(event, user_id=user_id, address_hash=address_hash)

    async def _release(self, holder: AddressHolder) -> None:
        if not await users.release_address(self._connection, holder, now=self._clock.now()):
            raise NotUnique("who holds the address has changed meanwhile")
        await self._record(Event.ADDRESS_RELEASED, user_id=holder.user_id)

    async def _prove(self, change: AddressChange) -> None:
        assert change.email_id is not None  # noqa: S101 - `prove` names our own row
        assert change.candidate.verified_by is not None  # noqa: S101 - only acceptable candidates change anything
        await users.prove_address(
            self._connection,
            change.email_id,
            verified_by=change.candidate.verified_by,
            is_verified=change.candidate.proves_mailbox,
            now=self._clock.now(),
        )

    def _email(self, change: AddressChange, user_id: str, *, is_primary: bool) -> Email:
        now = self._clock.now()
        return Email(
            id=new_id(self._clock.now_ms()),
            user_id=user_id,
            address=change.candidate.address,
            is_primary=is_primary,
            is_verified=change.candidate.proves_mailbox,
            verified_by=change.candidate.verified_by,
            created_at=now,
            updated_at=now,
        )

    async def _insert_identity(self, user_id: str, address: str | None) -> str:
        now = self._clock.now()
        identity_id = new_id(self._clock.now_ms())
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
                created_at=now,
                last_sign_in_at=now,
                missing_claims=self._identity.missing_claims,
            ),
        )
        return identity_id

    async def _remember_sign_in(self, known: Identity) -> Identity:
        acceptable = [item.address for item in self._identity.candidates if item.verified_by is not None]
        fresh = replace(
            known,
            subject=self._identity.subject,
            provider_client_id=self._identity.provider_client_id,
            tenant=self._identity.tenant,
            address=acceptable[0] if acceptable else known.address,
            last_sign_in_at=self._clock.now(),
            missing_claims=self._identity.missing_claims,
        )
        await identities.record_sign_in(self._connection, fresh)
        return fresh

    async def _update(self, user: User, *, gained: bool) -> bool:
        """Take over names that changed, and the time if they did or the user `gained` something; whether either."""
        fresh = (self._identity.name, self._identity.given_name, self._identity.family_name)
        standing = (user.name, user.given_name, user.family_name)
        if not gained and all(new is None or new == old for new, old in zip(fresh, standing, strict=True)):
            return False
        await users.update_profile(
            self._connection,
            user.id,
            name=self._identity.name,
            given_name=self._identity.given_name,
            family_name=self._identity.family_name,
            now=self._clock.now(),
        )
        return True

    async def _holders(self, emails: Sequence[Email]) -> tuple[AddressHolder, ...]:
        asked = addresses_in_question(self._identity, emails)
        return tuple(await users.holders(self._connection, asked)) if asked else ()

    async def _profile(self, user_id: str) -> UserProfile:
        profile = await users.profile(self._connection, user_id)
        if profile is None:
            raise NotUnique("the user was deleted meanwhile")
        return profile

    async def _record(
        self,
        event: Event,
        *,
        user_id: str,
        identity_id: str | None = None,
        verified_by: str | None = None,
        address_hash: str | None = None,
    ) -> None:
        told = {"verified_by": verified_by, "address_hash": address_hash}
        detail: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        await record(
            self._connection,
            event,
            clock=self._clock,
            user_id=user_id,
            identity_id=identity_id,
            requester=self._requester,
            provider=self._identity.provider,
            **detail,
        )
