"""What people do to their own account: part with an identity or an address, choose the primary one, leave.

The last identity that its person can still sign in with stays, since nobody could prove again who they are; so does
the primary address, and one that an identity of theirs vouches for, which the next sign-in would bring back.
"""

from collections.abc import Callable
from typing import Any

from broker.accounts.strength import is_proof
from broker.clock import Clock
from broker.errors import Conflict, NotAuthenticated, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import Requester
from broker.models.identities import OPERATOR, PARTED, Identity
from broker.models.sessions import Session
from broker.models.users import Email, UserProfile
from broker.store import identities, users
from broker.store import sessions as session_rows
from broker.store.base import Connection, Store


class OwnAccount:
    """Every deed is that of the person whose session it is; the user's row is locked before anything is judged.

    `is_usable`: whether somebody can sign in by such an identity as things are configured now. Everything raises
    `NotAuthenticated` where the session ended meanwhile.
    """

    def __init__(
        self, store: Store, clock: Clock, *, allow_deletion: bool, is_usable: Callable[[Identity], bool]
    ) -> None:
        self.allow_deletion = allow_deletion
        self._is_usable = is_usable
        self._store = store
        self._clock = clock

    def partable(self, profile: UserProfile) -> tuple[Identity, ...]:
        """The identities that their person may part with: another one by which they can sign in remains."""
        usable = [each.id for each in profile.identities if self._is_usable(each)]
        return tuple(each for each in profile.identities if any(left != each.id for left in usable))

    async def disconnect(self, session: Session, identity_id: str, requester: Requester) -> None:
        """Remove an identity, what was kept of its provider's tokens, and every session that came by it but this one.

        Whoever parts with an identity may do so because somebody else has it: their sessions must not outlive it. This
        one stays, its person is there and chose so; from now on it came by no identity. Raises `NotFound`, `Conflict`.
        """
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session)
            identity = next((each for each in profile.identities if each.id == identity_id), None)
            if identity is None:
                raise NotFound("there is no such identity")
            if identity not in self.partable(profile):
                raise Conflict("the last identity stays")
            for session_id in await session_rows.ids_of_identity(connection, identity_id):
                if session_id == session.id:
                    await session_rows.forget_identity(connection, session_id)
                else:
                    await self._end(connection, session_id, requester)
            await identities.delete_identity(connection, identity_id)
            await self._unprove(connection, profile, identity)
            await self._note(connection, Event.IDENTITY_UNLINKED, session, requester, identity=identity)

    async def delete_address(self, session: Session, email_id: str, requester: Requester) -> None:
        """Remove an address. Raises `NotFound`, `Conflict`."""
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session)
            email = _email(profile, email_id)
            if email not in removable(profile):
                raise Conflict("the primary address stays, and one that an identity vouches for")
            await users.delete_email(connection, email_id)
            await self._note(connection, Event.ADDRESS_DELETED, session, requester)

    async def set_primary(self, session: Session, email_id: str, requester: Requester) -> None:
        """Let a verified address name the user. Raises `NotFound`, `Conflict`."""
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session)
            email = _email(profile, email_id)
            if not email.is_verified:
                raise Conflict("the address is not verified")
            if not email.is_primary:
                await users.set_primary(connection, session.user_id, email_id, now=self._clock.now())
                await self._note(connection, Event.PRIMARY_CHANGED, session, requester)

    async def delete(self, session: Session, requester: Requester) -> None:
        """Forget the user with everything of theirs; the trail keeps that it happened. Raises `NotFound`."""
        if not self.allow_deletion:
            raise NotFound("accounts are not deleted by their people here")
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session)
            await self._note(connection, Event.USER_DELETED, session, requester, subject=profile)
            await users.delete_user(connection, session.user_id)

    async def _unprove(self, connection: Connection, profile: UserProfile, parted: Identity) -> None:
        """What no remaining identity names is not verified any more, links nobody, and gives way to whoever proves it.

        Whoever was let go at work, and comes in by a provider of their own, has no verified address of it to show.
        With the identity goes the knowledge who had the mailbox in that directory. Whoever gets it next, a successor in
        the same office, would be taken for the same person and end in this account, or be kept out by it. An address
        that another identity brought beside the one that it names is proven again at its next sign-in.
        """
        named = {each.address for each in profile.identities if each.id != parted.id}
        for email in profile.emails:
            if is_proof(email) and email.verified_by != OPERATOR and email.address not in named:
                await users.prove_address(
                    connection, email.id, verified_by=PARTED, is_verified=False, now=self._clock.now()
                )

    async def _locked(self, connection: Connection, session: Session) -> UserProfile:
        user = await users.lock_user_row(connection, session.user_id)
        if user is None or await session_rows.session(connection, session.id) is None:
            raise NotAuthenticated("the session ended meanwhile")
        return await users.profile_of(connection, user)

    async def _end(self, connection: Connection, session_id: str, requester: Requester) -> None:
        ended = await session_rows.delete_session(connection, session_id)
        if ended is not None:
            await record(
                connection,
                Event.SESSION_ENDED,
                clock=self._clock,
                user_id=ended.user_id,
                session_id=ended.id,
                session=ended,
                requester=requester,
                reason="disconnected",
            )

    async def _note(
        self,
        connection: Connection,
        event: Event,
        session: Session,
        requester: Requester,
        *,
        identity: Identity | None = None,
        subject: UserProfile | None = None,
    ) -> None:
        detail: dict[str, Any] = {} if identity is None else {"provider": identity.provider}
        if subject is None:
            await users.note_change(connection, session.user_id, now=self._clock.now())
        await record(
            connection,
            event,
            clock=self._clock,
            user_id=session.user_id,
            session_id=session.id,
            identity_id=None if identity is None else identity.id,
            requester=requester,
            subject=subject,
            **detail,
        )


def removable(profile: UserProfile) -> tuple[Email, ...]:
    """The addresses that their person may remove."""
    vouched = {identity.address for identity in profile.identities}
    return tuple(email for email in profile.emails if not email.is_primary and email.address not in vouched)


def _email(profile: UserProfile, email_id: str) -> Email:
    found = next((email for email in profile.emails if email.id == email_id), None)
    if found is None:
        raise NotFound("there is no such address")
    return found
