"""What people do to their own account: part with an identity or an address, choose the primary one, leave.

The last identity stays, since nobody could prove again who they are; so does the primary address, and one that an
identity of theirs vouches for, which the next sign-in would bring back.
"""

from typing import Any

from broker.clock import Clock
from broker.errors import Conflict, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import Requester
from broker.models.sessions import Session
from broker.models.users import Email, UserProfile
from broker.store import identities, users
from broker.store import sessions as session_rows
from broker.store.base import Connection, Store


class OwnAccount:
    """Every deed is that of the person whose session it is; the user's row is locked before anything is judged."""

    def __init__(self, store: Store, clock: Clock, *, allow_deletion: bool) -> None:
        self.allow_deletion = allow_deletion
        self._store = store
        self._clock = clock

    async def disconnect(self, session: Session, identity_id: str, requester: Requester) -> None:
        """Remove an identity, and every session that came by it but this one. Raises `NotFound`, `Conflict`.

        This one stays: its person is there and chose so. It no longer says by which identity it came.
        """
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session.user_id)
            identity = next((each for each in profile.identities if each.id == identity_id), None)
            if identity is None:
                raise NotFound("there is no such identity")
            if len(profile.identities) == 1:
                raise Conflict("the last identity stays")
            await session_rows.forget_identity(connection, session.id)
            for ended in await session_rows.ids_of_identity(connection, identity_id):
                gone = await session_rows.delete_session(connection, ended)
                if gone is not None:
                    await self._note_end(connection, gone, requester)
            await identities.delete_identity(connection, identity_id)
            await self._note(connection, Event.IDENTITY_UNLINKED, session, requester, provider=identity.provider)

    async def delete_address(self, session: Session, email_id: str, requester: Requester) -> None:
        """Remove an address. Raises `NotFound`, `Conflict`."""
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session.user_id)
            email = _email(profile, email_id)
            if email not in removable(profile):
                raise Conflict("the primary address stays, and one that an identity vouches for")
            await users.delete_email(connection, email_id)
            await self._note(connection, Event.ADDRESS_DELETED, session, requester)

    async def set_primary(self, session: Session, email_id: str, requester: Requester) -> None:
        """Let a verified address name the user. Raises `NotFound`, `Conflict`."""
        async with self._store.transaction() as connection:
            profile = await self._locked(connection, session.user_id)
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
            profile = await self._locked(connection, session.user_id)
            await users.delete_user(connection, session.user_id)
            await self._note(connection, Event.USER_DELETED, session, requester, subject=profile)

    async def _locked(self, connection: Connection, user_id: str) -> UserProfile:
        user = await users.lock_user_row(connection, user_id)
        if user is None:
            raise NotFound("there is no such user")
        return await users.profile_of(connection, user)

    async def _note_end(self, connection: Connection, ended: Session, requester: Requester) -> None:
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
        provider: str | None = None,
        subject: UserProfile | None = None,
    ) -> None:
        detail: dict[str, Any] = {} if provider is None else {"provider": provider}
        if subject is None:
            await users.note_change(connection, session.user_id, now=self._clock.now())
        await record(
            connection,
            event,
            clock=self._clock,
            user_id=session.user_id,
            session_id=session.id,
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
